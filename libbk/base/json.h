/*
 * JSON lines: objects built member by member and printed one a line, in pure
 * ASCII, so that nothing in them can upset a terminal.  And what little is read
 * of other programs' JSON.
 *
 * Texts from outside may be no UTF-8: each wrong byte becomes U+FFFD, and a
 * member "<key>_hex" with all the bytes is added, so that names stay apart.
 */

#ifndef BK_BASE_JSON_H
#define BK_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pattern.h"

/* An object or an array. */
struct bk_json;

struct bk_json *bk_json_new(void);       /* an object of the caller's */
void bk_json_free(struct bk_json *json); /* NULL is fine */

/* Members of an object; in an array `key` is NULL and they are appended.  A key
 * that is there already is replaced. */
void bk_json_text(struct bk_json *to, const char *key, const char *text);
/* No member where there is no text. */
void bk_json_text_if(struct bk_json *to, const char *key, const char *text);
void bk_json_bytes(struct bk_json *to, const char *key, const void *text,
		   size_t len);
void bk_json_int(struct bk_json *to, const char *key, int64_t n);
/* Above INT64_MAX it is shown as that. */
void bk_json_uint(struct bk_json *to, const char *key, uint64_t n);
void bk_json_real(struct bk_json *to, const char *key, double n);
void bk_json_bool(struct bk_json *to, const char *key, bool value);
void bk_json_null(struct bk_json *to, const char *key);

/* A new object or array as a member; it lives and dies with `to`, and is only
 * for filling. */
struct bk_json *bk_json_object(struct bk_json *to, const char *key);
struct bk_json *bk_json_array(struct bk_json *to, const char *key);

/* The line with its line end, in one write; flushed. */
int bk_json_print(const struct bk_json *json, FILE *out, struct bk_err *err);

/* The same without a line end as text, which the caller frees. */
char *bk_json_line(const struct bk_json *json);

/* Adds the texts of an array in another program's document; indexes of arrays
 * and keys of objects lead there: "0/1/userList".  BK_CORRUPT where there is no
 * such array, or something else is in it; nothing is added then. */
int bk_json_texts_at(struct bk_view document, const char *path,
		     struct bk_names *out, struct bk_err *err);

#endif
