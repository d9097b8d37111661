/*
 * What an account of a mail server has besides its folders, each with a name:
 * Sieve scripts (RFC 5228), and annotations of the account itself (RFC 5464,
 * those of the mailbox "").  Moves, sets and restores treat both alike.
 */

#ifndef BK_STORE_TEXTS_H
#define BK_STORE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct bk_account;
struct bk_store;

/* A script, or an annotation. */
struct bk_script {
	const char *name; /* UTF-8, any characters but control ones */
	struct bk_view text;
	bool active; /* the script that is at work; at most one is */
};

/* {0} is a valid empty one. */
struct bk_script_list {
	struct bk_arena arena;   /* of names and texts */
	struct bk_script *items; /* owned; by name */
	size_t n, cap;
};
void bk_script_list_clear(struct bk_script_list *list);
struct bk_script *bk_script_list_add(struct bk_script_list *list);
void bk_script_list_sort(struct bk_script_list *list);
/* NULL: it is not there.  Of a sorted list. */
const struct bk_script *bk_script_list_find(const struct bk_script_list *list,
					    const char *name);

enum bk_text_kind { BK_TEXT_SCRIPTS, BK_TEXT_ANNOTATIONS, BK_TEXT_KINDS };

/* How each is called. */
struct bk_text_words {
	const char *all;   /* "Sieve scripts" */
	const char *each;  /* "script", before its name */
	const char *title; /* "Sieve script", among other things */
	const char *kept;  /* in a set: "sieve", and "sieve/NAME" of one */
};
extern const struct bk_text_words bk_text_words[BK_TEXT_KINDS];

/* The store's op of that kind; 0 too where it has no such op, and of no account
 * (NULL).  `also`: see
 * bk_store_ops.annotations. */
int bk_texts_read(enum bk_text_kind kind, struct bk_store *store,
		  const struct bk_account *account,
		  const struct bk_script_list *also, struct bk_script_list *out,
		  struct bk_err *err);
/* Can one be written at all? */
bool bk_texts_writable(enum bk_text_kind kind, const struct bk_store *store);
int bk_text_put(enum bk_text_kind kind, struct bk_store *store,
		const struct bk_account *account, const struct bk_script *text,
		struct bk_err *err);
int bk_text_remove(enum bk_text_kind kind, struct bk_store *store,
		   const struct bk_account *account, const char *name,
		   struct bk_err *err);

#endif
