/*
 * What several readings of a living folder saw, brought together: a message is
 * renamed when its flags change and moves from new to cur, and a reading may
 * then see it under both names or not at all.  Base names tell who is who;
 * inodes tell a message that was renamed from two that share a name.
 */

#ifndef BK_STORE_SIGHTINGS_H
#define BK_STORE_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/message.h"
#include "store/dents.h"
#include "store/name_table.h"

/* What follows the base name, shared by all messages that have it. */
struct bk_info {
	const char *text; /* "c:2,S": see store/maildir.h */
	uint8_t flags;
	uint16_t n_keywords;
	const uint16_t *keywords;
};

struct bk_sighting {
	uint64_t inode;
	uint32_t info; /* index of infos */
	uint32_t uid;
	uint16_t reading; /* in which it was seen last */
	uint16_t doubled; /* in which another file had its base name */
	bool whole;       /* listed under its whole name for that reason */
};

/* messages->items[i] goes with sightings[i]. */
struct bk_sightings {
	struct bk_message_list *messages; /* the caller's; name is set */
	struct bk_sighting *items;        /* owned, as are the others */
	size_t cap;
	struct bk_info *infos;
	size_t n_infos, cap_infos;
	struct bk_name_table names, info_names;
	uint16_t reading; /* counts from 1 */
	size_t n_new;     /* names that this reading saw first */
};

/* About so many names are to come. */
void bk_sightings_expect(struct bk_sightings *s, size_t n);
/* A new reading begins. */
void bk_sightings_next(struct bk_sightings *s);
/* part: 'c' or 'n'. */
void bk_sightings_add(struct bk_sightings *s, const struct bk_dent *entry,
		      char part);
/* The index of a base name, or SIZE_MAX. */
size_t bk_sightings_find(struct bk_sightings *s, const void *base, size_t len);
/* The same in two steps, for many names at a time. */
struct bk_name_key bk_sightings_key(struct bk_sightings *s, const void *base,
				    size_t len);
size_t bk_sightings_find_key(struct bk_sightings *s, struct bk_name_key key);
/* false for what was taken for a second file of one name and was a rename. */
bool bk_sightings_counts(const struct bk_sightings *s, size_t i);
void bk_sightings_clear(struct bk_sightings *s);

#endif
