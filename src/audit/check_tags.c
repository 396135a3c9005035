/* Checks of what tags there are: A1 A2 A3 A4 A5 A7 A12 A13. */
#include "check.h"
