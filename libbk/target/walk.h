/*
 * The listing of a target that lists one folder at a time, for drivers whose
 * puts write NAME.part and rename it: of its blobs, or of the parts that puts
 * left which never ended.
 */

#ifndef BK_TARGET_WALK_H
#define BK_TARGET_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "target/target.h"

#define BK_PART ".part"

struct bk_walk {
	/*
	 * Set by the driver: calls bk_walk_add for each entry of a folder ("",
	 * "data", "data/<set>").  1; 0: there is no such folder, and that is
	 * certain; -1.
	 */
	int (*list)(struct bk_walk *walk, const char *folder,
		    struct bk_err *err);
	bool unfinished; /* the parts, and nothing else */

	/* Private. */
	char **pending;
	size_t n, cap;
	struct bk_blob_list *out;
};

enum bk_entry_kind {
	BK_ENTRY_FILE,
	BK_ENTRY_FOLDER,
	BK_ENTRY_OTHER, /* a link, a device */
};

/* One entry as the server tells it. */
struct bk_entry {
	const char *name; /* a single level; need not end in NUL */
	size_t len;
	enum bk_entry_kind kind;
	uint64_t size; /* bytes */
	int64_t mtime; /* UTC seconds; 0: not known */
};

/* Notes an entry of `folder`.  Names with a dot in front or a control character
 * are nobody's business.  BK_CORRUPT for what is no name: empty, or with a '/'.
 */
int bk_walk_add(struct bk_walk *walk, const char *folder,
		const struct bk_entry *entry, struct bk_err *err);

/*
 * All below `folder`, down to the depth that names have, sorted.  What lies in
 * place of a blob and is no file is listed as one without bytes, so that who
 * reads it finds out.  On failure the list is empty.
 */
int bk_walk_run(struct bk_walk *walk, const char *folder,
		struct bk_blob_list *out, struct bk_err *err);

/* Removes the parts of that list that are older than `older_s` seconds at
 * `now`, the target's own time, and whose names without BK_PART are `ours`.
 * What cannot be removed stays, and so does what has no known age. */
void bk_parts_sweep(struct bk_target *target, const struct bk_blob_list *parts,
		    int64_t now, int64_t older_s,
		    bool (*ours)(const char *name));

#endif
