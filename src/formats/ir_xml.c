/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ir_xml.h"

#include "base/status.h"

#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 128
#define TEXT_ROOM 64

typedef struct reader {
    kov_arena *arena;
    XML_Parser parser;
    kov_xml *root, *open;
    int depth;
    char text[TEXT_ROOM]; /* of the innermost element so far */
    size_t text_size;
    kov_status status;
    const char *why;
} reader;

static void stop(reader *r, kov_status status, const char *why)
{
    if (r->status == KOV_OK) {
        r->status = status;
        r->why = why;
        XML_StopParser(r->parser, XML_FALSE);
    }
}

static bool copy_attrs(reader *r, kov_xml *element, const char **attrs)
{
    for (int i = 0; attrs[i]; i += 2) {
        kov_xml_attr *attr = kov_arena_alloc(r->arena, sizeof *attr);
        if (!attr || !(attr->name = kov_arena_strdup(r->arena, attrs[i])) ||
            !(attr->value = kov_arena_strdup(r->arena, attrs[i + 1])))
            return false;
        attr->next = element->attrs;
        element->attrs = attr;
    }
    return true;
}

static void XMLCALL start(void *user, const char *tag, const char **attrs)
{
    reader *r = user;
    if (r->status != KOV_OK)
        return;
    if (++r->depth > MAX_DEPTH) {
        stop(r, KOV_BAD_FORMAT, "elements are nested too deeply");
        return;
    }
    kov_xml *element = kov_arena_alloc(r->arena, sizeof *element);
    if (!element || !(element->tag = kov_arena_strdup(r->arena, tag)) ||
        !copy_attrs(r, element, attrs)) {
        stop(r, KOV_OUT_OF_MEMORY, NULL);
        return;
    }
    element->text = "";
    element->parent = r->open;
    if (!r->open)
        r->root = element;
    else if (r->open->last)
        r->open->last->next = element;
    else
        r->open->child = element;
    if (r->open)
        r->open->last = element;
    r->open = element;
    r->text_size = 0;
}

static void XMLCALL text(void *user, const char *at, int size)
{
    reader *r = user;
    for (int i = 0; i < size && r->text_size < TEXT_ROOM - 1; i++)
        r->text[r->text_size++] = at[i];
}

static void XMLCALL end(void *user, const char *tag)
{
    reader *r = user;
    (void)tag;
    if (r->status != KOV_OK)
        return;
    r->text[r->text_size] = 0;
    if (!r->open->child && r->text_size > 0 &&
        !(r->open->text = kov_arena_strdup(r->arena, r->text)))
        stop(r, KOV_OUT_OF_MEMORY, NULL);
    r->text_size = 0;
    r->open = r->open->parent;
    r->depth--;
}

static void XMLCALL doctype(void *user, const char *name, const char *system, const char *public_id,
                            int internal)
{
    (void)name, (void)system, (void)public_id, (void)internal;
    stop(user, KOV_BAD_FORMAT, "a document type is not accepted");
}

static kov_status parse(reader *r, const char *data, size_t size)
{
    const size_t most = 1 << 24;
    for (size_t done = 0; r->status == KOV_OK;) {
        size_t part = size - done < most ? size - done : most;
        bool last = done + part == size;
        if (XML_Parse(r->parser, data + done, (int)part, last) == XML_STATUS_ERROR)
            break;
        done += part;
        if (last)
            return r->status;
    }
    if (r->status == KOV_OUT_OF_MEMORY)
        return r->status; /* its text is set */
    enum XML_Error code = XML_GetErrorCode(r->parser);
    if (code == XML_ERROR_NO_MEMORY)
        return kov_fail(KOV_OUT_OF_MEMORY, "IR: no memory to read XML");
    return kov_fail(KOV_BAD_FORMAT, "IR: line %lu: %s",
                    (unsigned long)XML_GetCurrentLineNumber(r->parser),
                    r->why ? r->why : XML_ErrorString(code));
}

kov_status kov_xml_parse(kov_arena *arena, const void *data, size_t size, kov_xml **root)
{
    reader r = {.arena = arena, .parser = XML_ParserCreate(NULL)};
    if (!r.parser)
        return kov_fail(KOV_OUT_OF_MEMORY, "IR: no memory to read XML");
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, start, end);
    XML_SetCharacterDataHandler(r.parser, text);
    XML_SetStartDoctypeDeclHandler(r.parser, doctype);
    kov_status status = parse(&r, data, size);
    XML_ParserFree(r.parser);
    *root = r.root;
    return status;
}

const kov_xml *kov_xml_child(const kov_xml *element, const char *tag)
{
    const kov_xml *child = element ? element->child : NULL;
    while (child && strcmp(child->tag, tag) != 0)
        child = child->next;
    return child;
}

const kov_xml *kov_xml_next(const kov_xml *element)
{
    const kov_xml *next = element->next;
    while (next && strcmp(next->tag, element->tag) != 0)
        next = next->next;
    return next;
}

const char *kov_xml_attr_of(const kov_xml *element, const char *name)
{
    for (const kov_xml_attr *a = element ? element->attrs : NULL; a; a = a->next) {
        if (strcmp(a->name, name) == 0)
            return a->value;
    }
    return NULL;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

bool kov_xml_integer(const char *text, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || errno != 0 || *skip_blanks(end))
        return false;
    *out = number;
    return true;
}

bool kov_xml_real(const char *text, double *out)
{
    char *end = NULL;
    double number = strtod(text, &end);
    if (end != text && *end == '.') { /* a locale whose decimal point is a comma */
        char copy[TEXT_ROOM];
        size_t size = strlen(text);
        if (size >= sizeof copy)
            return false;
        memcpy(copy, text, size + 1);
        *strchr(copy, '.') = ',';
        number = strtod(copy, &end);
        if (end == copy || *skip_blanks(end))
            return false;
        *out = number;
        return true;
    }
    if (end == text || *skip_blanks(end))
        return false;
    *out = number;
    return true;
}
