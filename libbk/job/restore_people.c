/* Whom rights name: see restore_people.h. */

#include "job/restore_people.h"

#include <string.h>

static bool names(const struct bk_folder *folder, const char *who)
{
	for (size_t i = 0; i < folder->n_acl; i++) {
		const char *is = folder->acl[i].who;
		if (strcmp(is + (*is == '-'), who) == 0)
			return true;
	}
	return false;
}

static bool knows(const void *arg, const char *who)
{
	const struct bk_restore_people *people = arg;
	const struct bk_set_folder *folder;

	who += *who == '-';
	for (size_t i = 0;
	     (folder = bk_set_folder_of(people->set, people->account_id, i));
	     i++)
		if (names(&folder->folder, who))
			return true;
	return false;
}

void bk_restore_people_of(struct bk_restore_people *out,
			  const struct bk_set *set,
			  const struct bk_restore_item *item)
{
	*out = (struct bk_restore_people){
		.set = set,
		.account_id = item->folder->account_id,
		.watch = {.knows = knows, .arg = out},
	};
}
