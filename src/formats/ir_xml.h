/* SPDX-License-Identifier: Apache-2.0 */
/* A small XML document as a tree: what IR needs, and no more. */
#ifndef KOV_FORMATS_IR_XML_H
#define KOV_FORMATS_IR_XML_H

#include "base/memory.h"

typedef struct kov_xml_attr {
    const char *name, *value;
    struct kov_xml_attr *next;
} kov_xml_attr;

typedef struct kov_xml {
    const char *tag;
    const char *text; /* of an element without children, at most 63 bytes; "" if there is none */
    kov_xml_attr *attrs;
    struct kov_xml *child, *next;
    struct kov_xml *last; /* child */
    struct kov_xml *parent;
} kov_xml;

/* The tree lives in the arena. KOV_BAD_FORMAT, with the line, for what is not well formed, has a
 * document type (so no entities are expanded), or is nested too deeply. */
kov_status kov_xml_parse(kov_arena *arena, const void *data, size_t size, kov_xml **root);

/* The first child with this tag, the next sibling with its own tag; NULL if there is none. */
const kov_xml *kov_xml_child(const kov_xml *element, const char *tag);
const kov_xml *kov_xml_next(const kov_xml *element);
/* NULL if it has no such attribute; element may be NULL. */
const char *kov_xml_attr_of(const kov_xml *element, const char *name);

/* A decimal integer and nothing else but blanks around it. */
bool kov_xml_integer(const char *text, int64_t *out);
/* A decimal number, "inf", "-inf" or "nan", whatever the locale. */
bool kov_xml_real(const char *text, double *out);

#endif
