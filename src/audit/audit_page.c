/* The report as a page: written next. */
#include "audit.h"

void audit_put_page(const struct audit *audit, struct buf *out)
{
    (void)audit;
    (void)out;
}
