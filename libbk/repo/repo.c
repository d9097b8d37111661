/* Opening and making repositories: see repo.h. */

#include "repo/repo.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "repo/keyfile.h"

/* Without its marker a repository is either none or badly hurt. */
static int no_marker(struct bk_target *target, struct bk_err *err)
{
	struct bk_blob_list keys = {0};

	if (bk_target_list(target, "keys", &keys, err) < 0)
		return -1;
	size_t n = keys.n;
	bk_blob_list_clear(&keys);
	if (n)
		return bk_fail(err, BK_CORRUPT,
			       "%s: there are key slots, but " BK_MARKER_NAME
			       " is missing; put the file back from a copy "
			       "of the repository",
			       target->where);
	return bk_fail(err, BK_GONE, "no repository at %s", target->where);
}

int bk_repo_look(struct bk_target *target, struct bk_marker *out,
		 struct bk_err *err)
{
	struct bk_buf bytes = {0};
	struct bk_err why = {0};
	int rc;

	rc = bk_target_read(target, BK_MARKER_NAME, 0, BK_MARKER_LEN, &bytes,
			    &why);
	if (rc == 0)
		rc = bk_marker_decode(bk_buf_view(&bytes), out, &why);
	if (rc < 0 && why.kind == BK_GONE) {
		rc = no_marker(target, err);
	} else if (rc < 0) {
		*err = why;
		(void)bk_context(err, "%s: " BK_MARKER_NAME, target->where);
	}
	bk_buf_clear(&bytes);
	return rc;
}

static struct bk_repo *repo_new(struct bk_target *target, const uint8_t *host,
				const struct bk_marker *marker)
{
	struct bk_repo *repo = bk_secure_alloc(sizeof(*repo));

	repo->target = target;
	memcpy(repo->host, host, BK_ID_LEN);
	memcpy(repo->id, marker->id, BK_ID_LEN);
	repo->made_days = marker->made_days;
	if (marker->major > BK_FORMAT_MAJOR)
		repo->newer = marker->major;
	return repo;
}

struct bk_repo *bk_repo_view(const struct bk_repo *repo,
			     struct bk_target *target)
{
	struct bk_repo *view = bk_secure_alloc(sizeof(*view));

	*view = *repo;
	view->target = target;
	return view;
}

void bk_repo_close(struct bk_repo *repo)
{
	bk_secure_free(repo);
}

static void opened_by(struct bk_repo *repo, const struct bk_slot *slot)
{
	memcpy(repo->slot, slot->id, BK_ID_LEN);
	memcpy(repo->slot_label, slot->label, sizeof(repo->slot_label));
}

/* ---- with a key file ---- */

static int open_slot_of(struct bk_repo *repo, const struct bk_keyfile *keyfile,
			const char *path, struct bk_err *err)
{
	struct bk_slot slot;

	if (!bk_bytes_equal(keyfile->repository, repo->id, BK_ID_LEN))
		return bk_fail(err, BK_NO_KEY,
			       "key file %s is for another repository than %s",
			       path, repo->target->where);
	if (bk_slot_read(repo->target, keyfile->slot, &slot, err) < 0) {
		if (err->kind != BK_GONE)
			return -1;
		return bk_fail(err, BK_NO_KEY,
			       "the slot of key file %s was removed from %s",
			       path, repo->target->where);
	}
	if (slot.type != BK_SLOT_KEYFILE ||
	    memcmp(slot.repository, repo->id, BK_ID_LEN) != 0)
		return bk_fail(err, BK_CORRUPT,
			       "%s: slot '%s' is not what key file %s is for",
			       repo->target->where, slot.label, path);
	if (bk_slot_open_key(&slot, keyfile->key.data, &repo->keys, err) < 0)
		return bk_context(err, "key file %s: slot '%s'", path,
				  slot.label);
	opened_by(repo, &slot);
	return 0;
}

static int open_with_keyfile(struct bk_repo *repo, const char *path,
			     struct bk_err *err)
{
	struct bk_keyfile keyfile = {0};

	if (bk_keyfile_read(path, &keyfile, err) < 0)
		return -1;
	int rc = open_slot_of(repo, &keyfile, path, err);
	bk_secret_clear(&keyfile.key);
	return rc;
}

/* ---- with a password ---- */

/* Keeps those that a password may open, and `which` names if it is given. */
static void keep_candidates(struct bk_slot_list *slots, const char *which)
{
	size_t n = 0;

	for (size_t i = 0; i < slots->n; i++) {
		if (slots->items[i].type == BK_SLOT_PASSWORD &&
		    (!which || bk_slot_is(&slots->items[i], which)))
			slots->items[n++] = slots->items[i];
	}
	slots->n = n;
}

static int no_candidates(const struct bk_repo *repo,
			 const struct bk_slot_list *slots, const char *which,
			 const char *labels, struct bk_err *err)
{
	const char *where = repo->target->where;

	if (which)
		return bk_fail(err, BK_MISUSE,
			       "no key slot '%s' with a password at %s "
			       "(slots: %s)",
			       which, where, labels);
	if (slots->n_broken) {
		*err = slots->broken;
		return bk_context(err,
				  "%s: no key slot is left; put keys/ back "
				  "from a copy of the repository, or open it "
				  "with a key block (see the recovery sheet)",
				  where);
	}
	return bk_fail(err, BK_NO_KEY,
		       "%s has no key slot with a password (slots: %s)", where,
		       labels);
}

/* Tries one after the other; 1 when one opened, 0 when none did. */
static int try_slots(struct bk_repo *repo, const struct bk_slot_list *slots,
		     const struct bk_secret *password, struct bk_err *refused,
		     struct bk_err *err)
{
	for (size_t i = 0; i < slots->n; i++) {
		const struct bk_slot *slot = &slots->items[i];
		struct bk_err why = {0};
		if (bk_slot_open_password(slot, password, &repo->keys, &why) ==
		    0) {
			opened_by(repo, slot);
			return 1;
		}
		if (why.kind == BK_NO_KEY)
			continue;
		(void)bk_context(&why, "%s: slot '%s'", repo->target->where,
				 slot->label);
		*refused = why;
		if (why.kind != BK_REFUSED && why.kind != BK_CORRUPT) {
			*err = why;
			return -1;
		}
	}
	return 0;
}

/* A slot that could not be tried is no proof that the password is wrong. */
static int none_opened(const struct bk_repo *repo,
		       const struct bk_slot_list *slots,
		       const struct bk_err *refused, struct bk_err *err)
{
	if (refused->kind != BK_OK) {
		*err = *refused;
		return -1;
	}
	char *labels = bk_slot_labels(slots);
	(void)bk_fail(err, BK_NO_KEY, "wrong password for %s (slots: %s%s)",
		      repo->target->where, labels,
		      slots->n_broken ? "; other slots are damaged" : "");
	free(labels);
	return -1;
}

static int open_with_password(struct bk_repo *repo,
			      const struct bk_credential *with,
			      struct bk_err *err)
{
	struct bk_slot_list slots = {0};
	struct bk_err refused = {0};
	char *labels = NULL;

	int rc = bk_slot_list(repo->target, repo->id, &slots, err);
	if (rc < 0)
		goto out;
	labels = bk_slot_labels(&slots);
	keep_candidates(&slots, with->slot);
	if (!slots.n) {
		rc = no_candidates(repo, &slots, with->slot, labels, err);
		goto out;
	}
	rc = try_slots(repo, &slots, with->password, &refused, err);
	if (rc == 0)
		rc = none_opened(repo, &slots, &refused, err);
out:
	free(labels);
	bk_slot_list_clear(&slots);
	return rc < 0 ? -1 : 0;
}

int bk_repo_open(struct bk_repo **out, struct bk_target *target,
		 const struct bk_marker *marker, const uint8_t host[BK_ID_LEN],
		 const struct bk_credential *with, struct bk_err *err)
{
	struct bk_marker seen = {0};

	if (!marker && bk_repo_look(target, &seen, err) < 0)
		return -1;
	struct bk_repo *repo = repo_new(target, host, marker ? marker : &seen);
	int rc = with->keyblock ? open_with_keyfile(repo, with->keyblock, err)
				: open_with_password(repo, with, err);
	if (rc < 0)
		bk_repo_close(repo);
	else
		*out = repo;
	return rc;
}

/* ---- making ---- */

/* How many files are in the way; *first is one of them, *slots how many are key
 * slots. */
static size_t count_others(const struct bk_blob_list *blobs, const char **first,
			   size_t *slots)
{
	size_t n = 0;

	*slots = 0;
	for (size_t i = 0; i < blobs->n; i++) {
		const char *name = blobs->items[i].name;
		if (bk_name_is_probe(name))
			continue;
		if (n++ == 0)
			*first = name;
		*slots += strncmp(name, "keys/", 5) == 0;
	}
	return n;
}

int bk_repo_check_empty(struct bk_target *target, struct bk_err *err)
{
	struct bk_blob_list blobs = {0};
	const char *first = NULL;
	size_t slots;

	if (bk_target_list(target, "", &blobs, err) < 0)
		return -1;
	int rc = 0;
	size_t n = count_others(&blobs, &first, &slots);
	if (bk_blob_list_find(&blobs, BK_MARKER_NAME))
		rc = bk_fail(err, BK_EXISTS,
			     "there is a repository at %s already",
			     target->where);
	else if (n && slots == n)
		rc = bk_fail(err, BK_UNSAFE,
			     "%s holds key slots and nothing else, as after a "
			     "bk-init that was interrupted; remove %s/keys and "
			     "run it again",
			     target->where, target->where);
	else if (n)
		rc = bk_fail(err, BK_UNSAFE,
			     "%s holds other files (%s and %zu more): a "
			     "repository begins in an empty folder",
			     target->where, first, n - 1);
	bk_blob_list_clear(&blobs);
	return rc;
}

static int put_marker(struct bk_target *target, const struct bk_marker *marker,
		      struct bk_err *err)
{
	uint8_t bytes[BK_MARKER_LEN];

	bk_marker_encode(marker, bytes);
	return bk_target_put(target, BK_MARKER_NAME,
			     (struct bk_view){bytes, sizeof(bytes)}, err);
}

/* Everything that writers and pruners decide rests on this. */
static int check_listing(struct bk_target *target, const struct bk_slot *slot,
			 struct bk_err *err)
{
	struct bk_blob_list blobs = {0};
	char name[BK_NAME_MAX];
	int rc = 0;

	if (bk_target_list(target, "", &blobs, err) < 0)
		return -1;
	if (!bk_blob_list_find(&blobs, BK_MARKER_NAME) ||
	    !bk_blob_list_find(&blobs, bk_name_slot(name, slot->id)))
		rc = bk_fail(err, BK_FAILED,
			     "%s does not list what was just stored there: a "
			     "repository needs a place that does",
			     target->where);
	bk_blob_list_clear(&blobs);
	return rc;
}

/* The slot first: a marker without one would be a repository that nobody can
 * open. */
static int put_first_files(struct bk_repo *repo, const struct bk_marker *marker,
			   const struct bk_repo_plan *plan, struct bk_err *err)
{
	struct bk_slot slot;
	struct bk_slot_plan first = {
		.repository = repo->id,
		.label = plan->label,
		.keys = &repo->keys,
		.password = plan->password,
		.cost = plan->cost,
	};

	if (bk_slot_make(&first, &slot, err) < 0 ||
	    bk_slot_put(repo->target, &slot, err) < 0 ||
	    put_marker(repo->target, marker, err) < 0)
		return -1;
	opened_by(repo, &slot);
	return check_listing(repo->target, &slot, err);
}

int bk_repo_init(struct bk_repo **out, struct bk_target *target,
		 const uint8_t host[BK_ID_LEN], const struct bk_repo_plan *plan,
		 struct bk_err *err)
{
	struct bk_marker marker = {
		.major = BK_FORMAT_MAJOR,
		.least_reader = BK_FORMAT_MAJOR,
		.made_days = (uint32_t)(bk_clock_now() / 86400),
	};

	if (bk_repo_check_empty(target, err) < 0)
		return -1;
	bk_random_bytes(marker.id, sizeof(marker.id));
	struct bk_repo *repo = repo_new(target, host, &marker);
	int rc = bk_keys_generate(&repo->keys, err);
	if (rc == 0)
		rc = put_first_files(repo, &marker, plan, err);
	if (rc < 0)
		bk_repo_close(repo);
	else
		*out = repo;
	return rc;
}
