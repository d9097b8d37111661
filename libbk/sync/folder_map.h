/*
 * Which folder becomes which at the other end: a pure function of both lists.
 *
 * Names are those of struct bk_folder, levels joined by '/': delimiters and
 * prefixes of servers are the drivers'.  In this order: what the user said;
 * INBOX; an equal name; a folder of the same special use (\Sent: "Gesendete
 * Objekte" and "Sent"), where each side has one; the same name, made.  Two
 * folders never become one: the second keeps its own name and is told.
 */

#ifndef BK_SYNC_FOLDER_MAP_H
#define BK_SYNC_FOLDER_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "mail/message.h"

/* "Gesendet=Sent", and "Old/=Archive/Old/" for all below; "Trash=": left
 * out. */
struct bk_folder_rule {
	const char *from, *to; /* the caller's */
};

struct bk_folder_rules {
	const struct bk_folder_rule *items;
	size_t n;
	const char *into; /* everything below this folder; NULL */
	bool no_special_use;
};

enum bk_folder_why {
	BK_FOLDER_SAID,    /* by a rule */
	BK_FOLDER_SAME,    /* equal names */
	BK_FOLDER_USE,     /* equal special use */
	BK_FOLDER_NEW,     /* made under the same name */
	BK_FOLDER_CHANGED, /* made under a name that the other end can hold */
	BK_FOLDER_LEFT,    /* left out by a rule */
};

struct bk_folder_pair {
	const struct bk_folder *from; /* of the source's list */
	const struct bk_folder *to;   /* of the other's; NULL: to be made */
	const char *name;             /* at the other end; "" for LEFT */
	enum bk_folder_why why;
};

struct bk_folder_map {
	struct bk_arena arena;
	struct bk_folder_pair *pairs; /* owned; one for each of `from` */
	size_t n;
};

/* Keeps both lists by pointer.  BK_MISUSE for rules that contradict. */
int bk_folder_map_make(struct bk_folder_map *out,
		       const struct bk_folder_list *from,
		       const struct bk_folder_list *to,
		       const struct bk_folder_rules *rules, struct bk_err *err);
void bk_folder_map_clear(struct bk_folder_map *map);

#endif
