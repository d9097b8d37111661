/*
 * Which folder becomes which at the other end: a pure function of both lists.
 *
 * Names are those of struct bk_folder, levels joined by '/': delimiters and
 * prefixes of servers are the drivers'.  In this order: what the user said;
 * INBOX; an equal name; a folder of the same special use (\Sent: "Gesendete
 * Objekte" and "Sent"), where each side has one; the same name, made, below
 * whatever its parent became.  A name that is equal but for its case is the
 * same folder if no other one claims it, since some servers see no difference.
 * Two folders never become one: the second gets a name of its own.
 */

#ifndef BK_SYNC_FOLDER_MAP_H
#define BK_SYNC_FOLDER_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "mail/message.h"

/* "Gesendet=Sent"; "Old/=Archive/Old/" for Old and all below; "Trash=", or
 * "Trash/=": left out.  The longest one that fits counts. */
struct bk_folder_rule {
	const char *from, *to; /* the caller's */
};

struct bk_folder_rules {
	const struct bk_folder_rule *items;
	size_t n;
	const char *into; /* everything below this folder; NULL */
	bool no_special_use;
	/* Folders that only show what is in others too: they are left out
	 * otherwise, unless a rule says where they go.  One that is listed with
	 * the rest alone becomes an archive. */
	bool views;
	/* What parts levels at the other end, where its list does not show it:
	 * no level may hold it.  0: not known. */
	char delimiter;
};

enum bk_folder_why {
	BK_FOLDER_SAID,    /* by a rule */
	BK_FOLDER_SAME,    /* equal names, maybe but for case */
	BK_FOLDER_USE,     /* equal special use */
	BK_FOLDER_NEW,     /* made under the same name */
	BK_FOLDER_CHANGED, /* made under a name that the other end can hold and
			      nobody else has */
	BK_FOLDER_LEFT,    /* left out by a rule, or as a view */
};

/* Does it only show what is in others too, by its special use (RFC 6154,
 * RFC 8457)? */
bool bk_folder_is_view(const struct bk_folder *folder);

struct bk_folder_pair {
	const struct bk_folder *from; /* of the source's list */
	const struct bk_folder *to;   /* of the other's; NULL: to be made */
	const char *name;             /* at the other end; "" for LEFT */
	enum bk_folder_why why;
	bool is_view; /* LEFT since it shows what is in other folders */
};

struct bk_folder_map {
	struct bk_arena arena;
	struct bk_folder_pair *pairs; /* owned; one for each of `from`, in its
					 order */
	size_t n;
};

/* Are the rules right by themselves, whatever the folders are?  BK_MISUSE. */
int bk_folder_rules_check(const struct bk_folder_rules *rules,
			  struct bk_err *err);

/* Keeps both lists by pointer.  BK_MISUSE for rules that contradict: each
 * other, or by what they make of these folders. */
int bk_folder_map_make(struct bk_folder_map *out,
		       const struct bk_folder_list *from,
		       const struct bk_folder_list *to,
		       const struct bk_folder_rules *rules, struct bk_err *err);
void bk_folder_map_clear(struct bk_folder_map *map);

#endif
