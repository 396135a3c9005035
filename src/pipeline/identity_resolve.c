/*
 * Who is who; the rules are told in identity.h and drawn in docs/identity.md.
 *
 * What a record says about people is first normalised to three strong identifiers (e-mail, the
 * shop's customer id, E.164 phone), each looked up for its owner; placeholders are passed over.
 *
 *              owners found   signed                            unsigned
 *              0              new person, or the visitor's      the visitor's person if it lacks
 *                             if that one lacks these kinds     these kinds, else a new one
 *                             and nobody signed for it
 *              1              that one; the rest is attached    that one; unowned ones attached
 *                                                               where it lacks the kind
 *              2+             merged into the oldest            the strongest's owner, no merge
 *
 * The phone is no owner where its person has a name of his own (an e-mail, a customer id) and the
 * record has another's: families share phones. It is then linked to both and finds neither. Which
 * phones are shared follows from the set of records alone, so it does not depend on their order.
 *
 * What a browser attached is only said (link.said) until a signed record repeats it. Whoever else
 * names it takes it away, merging nobody: a signed record that does not itself say that it is the
 * same person, or another browser where the shop knows the person. So which signed identifiers are
 * one person follows from the signed records alone, whatever browsers say in between. A person
 * nobody has signed for (a newsletter's address) becomes the customer whom a record names by it.
 */
#include "identity.h"

#include "../base/clock.h"
#include "../event/clean.h"
#include "../store/stitch.h"

struct claim {
    enum link_kind kind;
    const char *word;
    span value;
    int64_t owner; /* 0 = nobody's */
    bool said;     /* he is its owner by a browser's word alone */
    bool shared;   /* a phone of several persons: finds none of them */
    bool linked;   /* by a link we signed, in an unsigned body: good for itself, not for the rest */
};
#define CLAIMS 3u

/* ---- what the record names --------------------------------------------------------------------
 */

/* What forms, tills and scripts write when there is nobody. */
static const char *const nobody_emails[] = {
    "test@test.com",       "test@test.de",  "test@example.com", "test@gmail.com",
    "email@example.com",   "none@none.com", "no@no.com",        "na@na.com",
    "noemail@noemail.com", "null@null.com", "a@a.com",          "abc@abc.com",
    "guest@guest.com",     "info@info.com", "asdf@asdf.com",    "user@example.com",
};
static const char *const nobody_customers[] = {"0",    "-1",        "null", "undefined",
                                               "none", "anonymous", "guest"};

static bool is_nobodys_email(const struct shop *shop, span email)
{
    for (unsigned i = 0; i < COUNT_OF(nobody_emails); i++)
        if (span_is(email, nobody_emails[i]))
            return true;
    for (unsigned i = 0; i < shop->identity.nobody.count; i++)
        if (span_equal_nocase(email, shop->identity.nobody.items[i]))
            return true;
    return false;
}

static bool is_nobodys_customer(span id)
{
    for (unsigned i = 0; i < COUNT_OF(nobody_customers); i++)
        if (span_equal_nocase(id, span_of(nobody_customers[i])))
            return true;
    return false;
}

/* +4911111111, +491234567890: typed to get past a form. */
static bool is_nobodys_phone(span phone)
{
    if (phone.len < 8)
        return true;
    bool same = true, counting = true;
    for (size_t i = phone.len - 5; i < phone.len; i++) {
        same = same && phone.ptr[i] == phone.ptr[i - 1];
        counting = counting && phone.ptr[i] == '0' + (phone.ptr[i - 1] - '0' + 1) % 10;
    }
    return same ||
           (counting && (phone.ptr[phone.len - 1] == '9' || phone.ptr[phone.len - 1] == '0'));
}

struct identity_known identity_normalise(struct arena *arena, const struct who *who)
{
    span country = who->country;
    if (span_empty(country))
        country = span_empty(who->shipping.country) ? who->billing.country : who->shipping.country;
    return (struct identity_known){
        .email = clean_email(arena, who->email),
        .phone = phone_e164(arena, who->phone, country),
        .customer_id = span_trim(who->customer_id),
    };
}

/* Placeholders are noted once and taken out. */
static enum status drop_nobody(const struct identity *identity, int64_t now,
                               struct identity_known *known)
{
    const struct {
        enum link_kind kind;
        span *value;
        bool nobody;
    } all[] = {
        {LINK_EMAIL, &known->email, is_nobodys_email(identity->shop, known->email)},
        {LINK_CUSTOMER, &known->customer_id, is_nobodys_customer(known->customer_id)},
        {LINK_PHONE, &known->phone, !span_empty(known->phone) && is_nobodys_phone(known->phone)},
    };
    enum status status = OK;
    for (unsigned i = 0; i < COUNT_OF(all) && status == OK; i++) {
        if (!all[i].nobody)
            continue;
        status = person_absurd(identity->store, identity->shop_number, all[i].kind, *all[i].value,
                               "placeholder", now);
        *all[i].value = (span){0};
    }
    return status;
}

static enum status find_owners(const struct identity *identity, bool is_signed,
                               struct identity_known *known, struct claim claims[CLAIMS],
                               unsigned *ret_count)
{
    struct view *view = store_view(identity->store);
    const struct {
        enum link_kind kind;
        const char *word;
        span *value;
    } all[CLAIMS] = {
        {LINK_EMAIL, "email", &known->email},
        {LINK_CUSTOMER, "customer", &known->customer_id},
        {LINK_PHONE, "phone", &known->phone},
    };
    unsigned count = 0;
    for (unsigned i = 0; i < CLAIMS; i++) {
        span value = *all[i].value;
        if (span_empty(value))
            continue;
        if (person_is_absurd(view, identity->shop_number, all[i].kind, value, is_signed)) {
            *all[i].value = (span){0};
            continue;
        }
        struct claim *claim = &claims[count++];
        *claim = (struct claim){.kind = all[i].kind, .word = all[i].word, .value = value};
        enum status status = person_owner(view, identity->shop_number, claim->kind, value,
                                          &claim->owner, &claim->said);
        claim->shared = status == CONFLICT;
        if (status != OK && status != MISSING && status != CONFLICT)
            return status;
    }
    *ret_count = count;
    return OK;
}

/* An identifier that a system says of everybody gathers persons without end: it stops naming. */
static enum status drop_gatherers(const struct identity *identity, int64_t now,
                                  struct claim *claims, unsigned *count)
{
    struct view *view = store_view(identity->store);
    unsigned kept = 0;
    enum status status = OK;
    for (unsigned i = 0; i < *count && status == OK; i++) {
        bool brings = false; /* does the record name somebody besides its owner? */
        for (unsigned k = 0; k < *count; k++)
            brings = brings || claims[k].owner != claims[i].owner;
        if (claims[i].owner && brings && person_links(view, claims[i].owner) >= LIMIT_LINKS)
            status = person_absurd(identity->store, identity->shop_number, claims[i].kind,
                                   claims[i].value, "too many identifiers", now);
        else
            claims[kept++] = claims[i];
    }
    *count = kept;
    return status;
}

/* ---- what was only said -----------------------------------------------------------------------
 */

static span *worn_by(struct person_row *person, enum link_kind kind)
{
    return kind == LINK_EMAIL      ? &person->who.email
           : kind == LINK_CUSTOMER ? &person->who.customer_id
                                   : &person->who.phone;
}

#define NAMES (1u << LINK_EMAIL | 1u << LINK_CUSTOMER)

/* Has nobody signed for anything of him? */
static bool is_only_said(struct view *view, int64_t person)
{
    return person_kinds(view, person, false) == 0;
}

/* Is the owner the claim's, though only a browser said so? A record that names him by something
   signed says it itself; of a person who is nothing but said there is nobody to take it from. Then
   too a phone alone is not enough for who has a name. */
static bool stands(struct view *view, const struct claim *claims, unsigned count,
                   const struct claim *claim)
{
    bool named = false;
    for (unsigned i = 0; i < count; i++) {
        if (claim->linked || &claims[i] == claim || claims[i].owner != claim->owner)
            continue;
        if (claims[i].kind == LINK_PHONE)
            continue; /* may be another's too */
        if (!claims[i].said)
            return true;
        named = true;
    }
    if (!is_only_said(view, claim->owner))
        return false;
    return claim->kind != LINK_PHONE || named || !(person_kinds(view, claim->owner, true) & NAMES);
}

/* What was only said of its owner and does not stand is nobody's again. `visitor_is` is whom the
   visitor of an unsigned record was known as: his own word holds for himself. */
static enum status doubt(const struct identity *identity, struct claim *claims, unsigned count,
                         int64_t visitor_is)
{
    struct view *view = store_view(identity->store);
    enum status status = OK;
    for (unsigned i = 0; i < count && status == OK; i++) {
        struct person_row owner;
        bool his_own = !claims[i].linked && claims[i].owner == visitor_is;
        if (!claims[i].said || his_own || stands(view, claims, count, &claims[i]))
            continue;
        status = person_get(view, identity->arena, claims[i].owner, &owner);
        if (status != OK)
            break;
        claims[i].owner = 0;
        claims[i].said = false;
        status = person_unlink(identity->store, identity->shop_number, claims[i].kind,
                               claims[i].value, owner.id);
        span *worn = worn_by(&owner, claims[i].kind);
        if (status != OK || !span_equal(*worn, claims[i].value))
            continue;
        *worn = (span){0};
        status = person_put(identity->store, &owner);
    }
    return status;
}

static bool lacks_all(const struct person_row *person, const struct claim *claims, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const span *has = claims[i].kind == LINK_EMAIL      ? &person->who.email
                          : claims[i].kind == LINK_CUSTOMER ? &person->who.customer_id
                                                            : &person->who.phone;
        if (!span_empty(*has) && !span_equal(*has, claims[i].value))
            return false;
    }
    return true;
}

/* Newer words about a person win; a signed record overwrites, an unsigned one only fills. */
static void tell(struct person_row *person, const struct who *who,
                 const struct identity_known *known, bool is_signed)
{
    struct who told = *who;
    told.visitor = (span){0};
    told.linked = false;
    told.email = known->email;
    told.phone = known->phone;
    told.customer_id = known->customer_id;
    told.billing = told.shipping = (struct address){0};
    if (is_signed) {
        struct who before = person->who;
        person->who = told;
        identity_fill_who(&person->who, &before);
    } else {
        identity_fill_who(&person->who, &told);
    }
}

/* ---- which person -----------------------------------------------------------------------------
 */

/* May the claim's owner become one with whom the others name? */
static bool joins(struct view *view, const struct claim *claims, unsigned count,
                  const struct claim *claim)
{
    if (!claim->owner)
        return false;
    if (claim->kind != LINK_PHONE || count == 1)
        return true;
    for (unsigned i = 0; i < count; i++)
        if (&claims[i] != claim && claims[i].owner == claim->owner)
            return true;
    return !(person_kinds(view, claim->owner, false) & NAMES);
}

/* All owners of a signed record's identifiers are one person: the oldest lives on. */
static enum status merge_owners(const struct identity *identity, const struct claim *claims,
                                unsigned count, int64_t seq, int64_t now, int64_t *ret_person)
{
    struct view *view = store_view(identity->store);
    int64_t into = 0;
    bool join[CLAIMS];
    for (unsigned i = 0; i < count; i++) {
        join[i] = joins(view, claims, count, &claims[i]);
        if (join[i] && (!into || claims[i].owner < into))
            into = claims[i].owner;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!join[i] || person_resolve(view, claims[i].owner) == into)
            continue;
        span reason =
            arena_print(identity->arena, "a signed record names this %s too", claims[i].word);
        enum status status = person_merge(identity->store, claims[i].owner, into, reason, seq, now);
        if (status != OK)
            return status;
    }
    *ret_person = into;
    return OK;
}

static int64_t strongest_owner(const struct claim *claims, unsigned count)
{
    if (claims[0].linked) /* the e-mail is; what is said beside it is nobody's proof */
        return claims[0].owner;
    for (unsigned i = 0; i < count; i++)
        if (claims[i].owner)
            return claims[i].owner;
    return 0;
}

/* The person a record with these claims is about; row->id stays 0 for somebody new. */
static enum status choose(const struct identity *identity, const struct event *event,
                          bool is_signed, int64_t seq, const struct claim *claims, unsigned count,
                          struct person_row *ret_row)
{
    struct view *view = store_view(identity->store);
    int64_t id = 0;
    if (is_signed) {
        enum status status = merge_owners(identity, claims, count, seq, event->received_at, &id);
        if (status != OK)
            return status;
    } else {
        id = strongest_owner(claims, count);
    }
    if (!id && !span_empty(event->who.visitor)) {
        int64_t owner = visitor_owner(view, identity->shop_number, event->who.visitor, event->at);
        struct person_row row;
        if (owner && person_get(view, identity->arena, owner, &row) == OK &&
            lacks_all(&row, claims, count) &&
            (!(is_signed || claims[0].linked) || is_only_said(view, row.id))) {
            *ret_row = row;
            return OK;
        }
    }
    if (!id) {
        *ret_row =
            (struct person_row){.shop = identity->shop_number, .created_at = event->received_at};
        return OK;
    }
    return person_get(view, identity->arena, id, ret_row);
}

static enum status link_claims(const struct identity *identity, const struct claim *claims,
                               unsigned count, const struct person_row *person, bool is_signed,
                               int64_t now)
{
    struct view *view = store_view(identity->store);
    for (unsigned i = 0; i < count; i++) {
        const struct claim *claim = &claims[i];
        bool good = is_signed || claim->linked;
        bool taken = claim->owner || claim->shared;
        bool his = claim->owner && person_resolve(view, claim->owner) == person->id;
        if (his && !(claim->said && good))
            continue;
        if (!his && (is_signed ? taken && claim->kind != LINK_PHONE
                               : taken || !lacks_all(person, claim, 1)))
            continue;
        enum status status = person_link(identity->store, identity->shop_number, claim->kind,
                                         claim->value, person->id, !good, now);
        if (status != OK)
            return status;
    }
    return OK;
}

/* ---- the visitor ------------------------------------------------------------------------------
 */

static enum status too_many_visitors(const struct identity *identity, struct person_row *person,
                                     int64_t now)
{
    enum status status = OK;
    if (!(person->flags & PERSON_FANOUT)) {
        person->flags |= PERSON_FANOUT;
        status = person_put(identity->store, person);
    }
    if (status == OK && !span_empty(person->who.email))
        status = person_absurd(identity->store, identity->shop_number, LINK_EMAIL,
                               person->who.email, PERSON_TOO_MANY_VISITORS, now);
    return status;
}

/* What a person sorts by. */
static span key_of(const struct who *who)
{
    return !span_empty(who->email)         ? who->email
           : !span_empty(who->customer_id) ? who->customer_id
                                           : who->phone;
}

/* Two people in one browser in one millisecond: the one who sorts first has it, so that it does
   not matter which claim came last. */
static enum status yields(const struct identity *identity, const struct person_row *person,
                          int64_t claimed, bool *ret_yields)
{
    struct person_row other;
    enum status status = person_get(store_view(identity->store), identity->arena, claimed, &other);
    *ret_yields = status == OK && span_compare(key_of(&other.who), key_of(&person->who)) < 0;
    return status == MISSING ? OK : status;
}

static enum status own_visitor(const struct identity *identity, span visitor, int64_t at,
                               int64_t now, struct person_row *person)
{
    struct view *view = store_view(identity->store);
    int64_t shop = identity->shop_number, claimed, since;
    enum status claim = visitor_claim(view, shop, visitor, at, &claimed, &since);
    if (claim != OK && claim != MISSING)
        return claim;
    bool known = claim == OK && claimed == person->id;
    if (known && at - since < IDENTITY_CLAIM_MS)
        return OK;
    if (!known && visitor_owner(view, shop, visitor, at) != person->id &&
        visitor_count_of(view, shop, person->id) >= LIMIT_FANOUT)
        return too_many_visitors(identity, person, now);
    int64_t back = identity->shop->identity.back_ms;
    bool other_has_it = false;
    enum status status = claim == OK && !known && since == at
                             ? yields(identity, person, claimed, &other_has_it)
                             : OK;
    if (status != OK || other_has_it)
        return status;
    status = visitor_own(identity->store, shop, visitor, at, person->id, back);
    if (status == OK && claim == MISSING && back > 0)
        status = stitch_open(identity->store, shop, visitor, at - back, at, now);
    return status;
}

enum status identity_own(const struct identity *identity, span visitor, int64_t at, int64_t now,
                         int64_t person)
{
    struct person_row row;
    enum status status = person_get(store_view(identity->store), identity->arena, person, &row);
    if (status == MISSING)
        return OK;
    return status == OK ? own_visitor(identity, visitor, at, now, &row) : status;
}

/* ---- all of it --------------------------------------------------------------------------------
 */

/* Claims of an unsigned record that somebody else owns are not this person's to wear. */
static void take_off(struct identity_known *worn, const struct claim *claims, unsigned count,
                     int64_t person)
{
    for (unsigned i = 0; i < count; i++)
        if (claims[i].shared || (claims[i].owner && claims[i].owner != person))
            *(claims[i].kind == LINK_EMAIL      ? &worn->email
              : claims[i].kind == LINK_CUSTOMER ? &worn->customer_id
                                                : &worn->phone) = (span){0};
}

static enum status know(const struct identity *identity, const struct event *event, bool is_signed,
                        int64_t seq, const struct identity_known *known, struct claim *claims,
                        unsigned count, int64_t *ret_person)
{
    struct person_row person;
    int64_t visitor_is = 0;
    if (!is_signed && !span_empty(event->who.visitor))
        visitor_is = visitor_owner(store_view(identity->store), identity->shop_number,
                                   event->who.visitor, event->at);
    enum status status = doubt(identity, claims, count, visitor_is);
    if (status == OK)
        status = choose(identity, event, is_signed, seq, claims, count, &person);
    if (status != OK)
        return status;
    struct person_row was = person; /* links are judged by what he had before */
    bool is_new = person.id == 0;
    struct identity_known worn = *known;
    if (!is_signed)
        take_off(&worn, claims, count, person.id);
    tell(&person, &event->who, &worn, is_signed);
    person.updated_at = event->received_at;
    if (is_new || was.flags != person.flags || memcmp(&was.who, &person.who, sizeof was.who) != 0) {
        status = person_put(identity->store, &person);
        if (status != OK)
            return status;
    }
    was.id = person.id;
    status = link_claims(identity, claims, count, &was, is_signed, event->received_at);
    /* A browser whose clock is ahead claims nothing of what has not come yet. */
    int64_t at = event->at < event->received_at ? event->at : event->received_at;
    if (status == OK && !span_empty(event->who.visitor))
        status = own_visitor(identity, event->who.visitor, at, event->received_at, &person);
    if (status == OK)
        *ret_person = person.id;
    return status;
}

/* Shopify signs whatever address is typed at the checkout of a customer who has another: it is his
   by his own word, where it is nobody's. */
static enum status attach_typed(const struct identity *identity, const struct event *event,
                                int64_t person)
{
    struct view *view = store_view(identity->store);
    int64_t shop = identity->shop_number, owner;
    span typed = clean_email(identity->arena, event->who.email);
    if (span_empty(typed) || is_nobodys_email(identity->shop, typed) ||
        person_is_absurd(view, shop, LINK_EMAIL, typed, false))
        return OK;
    enum status status = person_find(view, shop, LINK_EMAIL, typed, &owner);
    return status == MISSING ? person_link(identity->store, shop, LINK_EMAIL, typed, person, true,
                                           event->received_at)
                             : status;
}

enum status identity_resolve(const struct identity *identity, const struct event *event,
                             bool is_signed, int64_t seq, int64_t *ret_person)
{
    struct who who = event->who;
    bool has_typed = !span_empty(event->aside.account_email);
    if (has_typed)
        who.email = event->aside.account_email;
    struct identity_known known = identity_normalise(identity->arena, &who);
    struct claim claims[CLAIMS];
    unsigned count = 0;
    enum status status = drop_nobody(identity, event->received_at, &known);
    if (status == OK)
        status = find_owners(identity, is_signed, &known, claims, &count);
    if (status == OK && is_signed)
        status = drop_gatherers(identity, event->received_at, claims, &count);
    if (status == OK && count > 0)
        claims[0].linked = !is_signed && event->who.linked && claims[0].kind == LINK_EMAIL;
    if (status != OK)
        return status;
    /* A phone of several persons, and nothing else, names nobody. */
    bool names = count > 1 || (count == 1 && !claims[0].shared);
    if (names) {
        status = know(identity, event, is_signed, seq, &known, claims, count, ret_person);
        return status == OK && has_typed ? attach_typed(identity, event, *ret_person) : status;
    }
    *ret_person = span_empty(event->who.visitor)
                      ? 0
                      : visitor_owner(store_view(identity->store), identity->shop_number,
                                      event->who.visitor, event->at);
    return OK;
}
