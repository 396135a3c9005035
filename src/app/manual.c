/*
 * The manual page and the shell's completion, from the table of verbs: `sidetrack help --man`,
 * `sidetrack help --completion bash`. Made when asked for, so that neither can lag behind.
 */
#include "manual.h"

#include "verbs.h"

/* ---- troff ---- */

/* U+2026 as \[u2026]; our own texts are UTF-8 of three bytes at most. Returns the bytes read. */
static unsigned put_rune(FILE *out, const char *at)
{
    unsigned first = (unsigned char)at[0];
    unsigned more = first >= 0xe0 ? 2 : 1, rune = first & (first >= 0xe0 ? 0x0fu : 0x1fu);
    for (unsigned i = 1; i <= more; i++)
        rune = rune << 6 | ((unsigned char)at[i] & 0x3fu);
    fprintf(out, "\\[u%04X]", rune);
    return 1 + more;
}

/* A hyphen that is to be typed, a backslash, and a dot that would begin a request. */
static void put_text(FILE *out, const char *text)
{
    bool begins = true;
    for (const char *at = text; *at; at++) {
        if (begins && (*at == '.' || *at == '\''))
            fputs("\\&", out);
        begins = *at == '\n';
        if (*at == '-')
            fputs("\\-", out);
        else if (*at == '\\')
            fputs("\\e", out);
        else if ((unsigned char)*at >= 0x80)
            at += put_rune(out, at) - 1;
        else
            fputc(*at, out);
    }
}

/* Lines that are set in stand as they are. */
static void put_paragraphs(FILE *out, const char *text)
{
    bool literal = false;
    while (*text) {
        size_t length = strcspn(text, "\n");
        char line[1200];
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
        if ((line[0] == ' ') != literal)
            fputs(literal ? ".fi\n" : ".nf\n", out);
        literal = line[0] == ' ';
        put_text(out, line);
        fputc('\n', out);
    }
    if (literal)
        fputs(".fi\n", out);
}

static void put_option(FILE *out, const struct args_option *option)
{
    fputs(".TP\n.B ", out);
    if (option->letter)
        fprintf(out, "\\-%c, ", option->letter);
    fputs("\\-\\-", out);
    put_text(out, option->name);
    if (option->value)
        fprintf(out, " \\fI%s\\fR", option->value);
    fputc('\n', out);
    put_text(out, option->help);
    fputc('\n', out);
}

static void put_verb(FILE *out, const struct verb *verb)
{
    fprintf(out, ".SS \"sidetrack %s", verb->name);
    if (*verb->words) {
        fputs(" \\fI", out);
        put_text(out, verb->words);
        fputs("\\fR", out);
    }
    fputs("\"\n", out);
    put_text(out, verb->summary);
    fputs(".\n", out);
    if (*verb->detail) {
        fputs(".PP\n", out);
        put_paragraphs(out, verb->detail);
    }
    for (const struct args_option *o = verb->options; o->name; o++)
        put_option(out, o);
}

void manual_page(FILE *out)
{
    fputs(".TH SIDETRACK 1 \"\" \"sidetrack " SIDETRACK_VERSION "\" \"User Commands\"\n"
          ".SH NAME\nsidetrack \\- server\\-side conversion tracking gateway for online stores\n"
          ".SH SYNOPSIS\n.B sidetrack\n.I VERB\n[options]\n"
          ".SH DESCRIPTION\n"
          "Takes what the browser sees and what the shop knows, joins the two into one truth about "
          "each order, keeps it on disk before it answers, and tells every ad platform once.\n"
          ".SH VERBS\n",
          out);
    for (const struct verb *verb = verbs; verb->name; verb++)
        put_verb(out, verb);
    fputs(".SH EXIT STATUS\n0 done, 1 failed, 2 wrong use or bad config.\n"
          ".SH SIGNALS\nOf\n.BR serve :\nSIGTERM and SIGINT end it within 10 seconds, nothing "
          "lost; SIGHUP reads the config again.\n"
          ".SH FILES\n"
          ".TP\n.I /etc/sidetrack/sidetrack.yaml\nthe config, unless \\-c names another\n"
          ".TP\n.I /var/lib/sidetrack/sidetrack.db\nthe store; beside it .keys (passwords and "
          "tokens, hashed) and .alerts (what is open)\n"
          ".SH ENVIRONMENT\nWhatever the config names as ${NAME}.\n",
          out);
}

/* ---- bash ---- */

/* "make NAME|list|revoke ID": the first word of each choice, where it is written small. */
static void put_words(FILE *out, const char *words)
{
    span rest = span_of(words), choice;
    while (span_split(&rest, '|', &choice)) {
        span word = span_sub(choice, *choice.ptr == '[' ? 1 : 0, choice.len);
        size_t length = 0;
        while (length < word.len && word.ptr[length] >= 'a' && word.ptr[length] <= 'z')
            length++;
        if (length > 0)
            fprintf(out, " %.*s", (int)length, word.ptr);
    }
}

static void put_case(FILE *out, const struct verb *verb)
{
    fprintf(out, "    %s) words=\"", verb->name);
    for (const struct args_option *o = verb->options; o->name; o++)
        fprintf(out, "%s--%s", o == verb->options ? "" : " ", o->name);
    if (strcmp(verb->name, "help") == 0)
        fputs(" $verbs", out);
    else
        put_words(out, verb->words);
    fputs("\" ;;\n", out);
}

static bool takes_file(const struct verb *verb, const char *name)
{
    for (const struct args_option *o = verb->options; o->name; o++)
        if (o->value && strcmp(o->value, "FILE") == 0 && strcmp(o->name, name) == 0)
            return true;
    return false;
}

static bool was_before(const struct verb *verb, const char *name)
{
    for (const struct verb *one = verbs; one != verb; one++)
        if (takes_file(one, name))
            return true;
    return false;
}

/* Options whose value is a file's name. */
static void put_files(FILE *out)
{
    fputs("    -c", out);
    for (const struct verb *verb = verbs; verb->name; verb++)
        for (const struct args_option *o = verb->options; o->name; o++)
            if (takes_file(verb, o->name) && !was_before(verb, o->name))
                fprintf(out, " | --%s", o->name);
    fputs(") mapfile -t COMPREPLY < <(compgen -f -- \"$now\"); return ;;\n", out);
}

static void bash_completion(FILE *out)
{
    fputs("# bash completion of sidetrack; `sidetrack help --completion bash` writes it.\n"
          "_sidetrack() {\n"
          "    local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words='' "
          "verbs=\"",
          out);
    for (const struct verb *verb = verbs; verb->name; verb++)
        fprintf(out, "%s%s", verb == verbs ? "" : " ", verb->name);
    fputs("\"\n    if [ \"$COMP_CWORD\" = 1 ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$verbs\" -- \"$now\")\n        return\n   "
          " fi\n"
          "    case $before in\n",
          out);
    put_files(out);
    fputs("    esac\n    case ${COMP_WORDS[1]} in\n", out);
    for (const struct verb *verb = verbs; verb->name; verb++)
        put_case(out, verb);
    fputs("    esac\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$now\")\n"
          "    [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- \"$now\")\n"
          "}\ncomplete -o filenames -F _sidetrack sidetrack\n",
          out);
}

enum status manual_completion(FILE *out, const char *shell)
{
    if (strcmp(shell, "bash") != 0)
        return MISSING;
    bash_completion(out);
    return OK;
}
