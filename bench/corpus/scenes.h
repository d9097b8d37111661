/* What may be made of words and people. */

#ifndef BENCH_CORPUS_SCENES_H
#define BENCH_CORPUS_SCENES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "corpus/maildir.h"
#include "corpus/people.h"
#include "corpus/words.h"

#define SCENE_BEGIN 1654041600 /* 1 June 2022 */
#define SCENE_END   1717200000 /* 1 June 2024 */

struct scene {
	const struct words *words;
	struct person *staff;
	struct maildir maildir;
	uint64_t seed, messages;
	bool small; /* short letters without attachments */
};

/* Two years in the life of two companies.  day 0 writes the tree; day N
 * applies day N to a tree that has all days before. */
int scene_office(struct scene *scene, uint64_t day, struct bk_err *err);

/* Large texts of which 70 % share half with one other: the experiment of the
 * Mailion paper. */
int scene_pairs(struct scene *scene, struct bk_err *err);

/* Text alone, on standard output. */
int scene_text(struct scene *scene, struct bk_err *err);

/* Says on stderr what was delivered since there were so many messages and
 * bytes. */
void scene_report(const struct scene *scene, size_t mails, uint64_t bytes);

#endif
