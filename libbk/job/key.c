/* Key slots made and removed: see key.h. */

#include "job/key.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/password.h"
#include "crypto/random.h"
#include "job/command.h"
#include "job/open.h"
#include "repo/keyfile.h"
#include "target/spread.h"

int bk_key_list(const struct bk_key_request *request, struct bk_slot_list *out,
		struct bk_err *err)
{
	struct bk_marker marker = {0};
	struct bk_opened opened = {0};

	int rc = bk_opened_look(&opened, request->repo, &marker,
				request->outcome, err);
	if (rc == 0)
		rc = bk_slot_list(opened.target, marker.id, out, err);
	bk_opened_close(&opened);
	return rc;
}

/* The repository open for writing, and its slots as they are now. */
static int begin(const struct bk_key_request *request, struct bk_opened *opened,
		 struct bk_slot_list *slots, struct bk_err *err)
{
	if (bk_opened_open(opened, request->settings, request->repo,
			   BK_OPEN_WRITE, request->outcome, err) < 0)
		return -1;
	request->outcome->place = BK_PLACE_REPO;
	return bk_slot_list(opened->target, opened->repo->id, slots, err);
}

static void end(struct bk_opened *opened, struct bk_slot_list *slots)
{
	bk_slot_list_clear(slots);
	bk_opened_close(opened);
}

static int check_label(const struct bk_slot_list *slots, const char *label,
		       struct bk_err *err)
{
	if (bk_slot_check_label(label, err) < 0)
		return -1;
	for (size_t i = 0; i < slots->n; i++) {
		if (strcmp(slots->items[i].label, label) == 0)
			return bk_fail(err, BK_EXISTS,
				       "there is a key slot '%s' already: "
				       "choose another label",
				       label);
	}
	return 0;
}

static int get_new_password(const struct bk_key_request *request,
			    const char *label, struct bk_secret *out,
			    struct bk_err *err)
{
	const char *spec = request->new_password;
	char *what = bk_asprintf("password for slot '%s' of %s", label,
				 request->repo->where);

	if (!spec && request->settings->common->no_input) {
		free(what);
		return bk_fail(err, BK_MISUSE,
			       "no new password: use --new-password-from");
	}
	request->outcome->place = BK_PLACE_REQUEST;
	int rc = bk_password_get(out, spec ? spec : "prompt", what, true, err);
	request->outcome->place = BK_PLACE_REPO;
	free(what);
	return rc;
}

/* Puts it, and looks whether it arrived. */
static int put_slot(struct bk_target *target, const struct bk_slot *slot,
		    struct bk_err *err)
{
	struct bk_slot again;

	if (bk_slot_put(target, slot, err) < 0 ||
	    bk_slot_read(target, slot->id, &again, err) < 0)
		return -1;
	if (memcmp(again.raw, slot->raw, BK_SLOT_LEN) != 0)
		return bk_fail(err, BK_CORRUPT,
			       "the new key slot is not what was stored");
	return 0;
}

static bool is_listed(const struct bk_opened *opened,
		      const uint8_t id[BK_ID_LEN])
{
	struct bk_slot_list slots = {0};
	struct bk_err ignored = {0};
	bool listed = false;

	/* Who cannot say that it is gone has it. */
	if (bk_slot_list(opened->target, opened->repo->id, &slots, &ignored) <
	    0)
		return true;
	for (size_t i = 0; i < slots.n; i++)
		listed |= memcmp(slots.items[i].id, id, BK_ID_LEN) == 0;
	bk_slot_list_clear(&slots);
	return listed;
}

/* From all targets that the repository is spread over, or, where one failed in
 * the middle of it, what is left to be done. */
static int remove_slot(const struct bk_key_request *request,
		       const struct bk_opened *opened,
		       const uint8_t id[BK_ID_LEN], struct bk_err *err)
{
	struct bk_buf next = {0};
	char name[BK_NAME_MAX];

	if (bk_target_remove(opened->target, bk_name_slot(name, id), err) == 0)
		return 0;
	if (!bk_spread_of(opened->target))
		return -1;
	bool listed = is_listed(opened, id);
	bk_command_begin(&next, "check", request->repo, 0);
	bk_buf_printf(&next, " --repair");
	(void)bk_context(err,
			 listed ? "the key slot still opens the repository; "
				  "when all targets are there, remove it again"
				: "the key slot opens the repository no more, "
				  "but a target still has it; when all are "
				  "there, run: %s",
			 bk_buf_text(&next));
	bk_buf_clear(&next);
	return -1;
}

int bk_key_make(const struct bk_opened *opened, const char *label,
		const struct bk_secret *password, struct bk_slot *made,
		struct bk_err *err)
{
	struct bk_slot_plan plan = {
		.repository = opened->repo->id,
		.label = label,
		.keys = &opened->repo->keys,
		.password = password,
	};

	if (bk_slot_make(&plan, made, err) < 0)
		return -1;
	return put_slot(opened->target, made, err);
}

int bk_key_add(const struct bk_key_request *request, const char *label,
	       struct bk_slot *made, struct bk_err *err)
{
	struct bk_opened opened = {0};
	struct bk_slot_list slots = {0};
	struct bk_secret password = {0};

	int rc = begin(request, &opened, &slots, err);
	if (rc == 0)
		rc = check_label(&slots, label, err);
	if (rc == 0)
		rc = get_new_password(request, label, &password, err);
	if (rc == 0)
		rc = bk_key_make(&opened, label, &password, made, err);
	bk_secret_clear(&password);
	end(&opened, &slots);
	return rc;
}

/* ---- removing ---- */

static int find_slot(const struct bk_slot_list *slots, const char *which,
		     const struct bk_slot **out, struct bk_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < slots->n; i++) {
		if (bk_slot_is(&slots->items[i], which)) {
			*out = &slots->items[i];
			n++;
		}
	}
	if (n == 1)
		return 0;
	char *labels = bk_slot_labels(slots);
	(void)bk_fail(err, BK_MISUSE, "%s key slot '%s' (slots: %s)",
		      n ? "there is more than one" : "there is no", which,
		      labels);
	free(labels);
	return -1;
}

static int check_removable(const struct bk_opened *opened,
			   const struct bk_slot_list *slots,
			   const struct bk_slot *slot, struct bk_err *err)
{
	const char *where = opened->target->where;
	size_t passwords = 0;

	for (size_t i = 0; i < slots->n; i++)
		passwords += slots->items[i].type == BK_SLOT_PASSWORD;
	if (slots->n == 1)
		return bk_fail(err, BK_UNSAFE,
			       "'%s' is the last key slot of %s: without it "
			       "nobody could ever read the repository",
			       slot->label, where);
	if (slot->type == BK_SLOT_PASSWORD && passwords == 1)
		return bk_fail(err, BK_UNSAFE,
			       "'%s' is the last key slot of %s with a "
			       "password; add another one first: bk key add",
			       slot->label, where);
	if (memcmp(slot->id, opened->repo->slot, BK_ID_LEN) == 0)
		return bk_fail(err, BK_UNSAFE,
			       "'%s' is the key slot that opened %s: to remove "
			       "it open the repository with another one, or "
			       "change its password: bk key change",
			       slot->label, where);
	return 0;
}

int bk_key_remove(const struct bk_key_request *request, const char *which,
		  struct bk_slot *removed, struct bk_err *err)
{
	const struct bk_slot *slot = NULL;
	struct bk_opened opened = {0};
	struct bk_slot_list slots = {0};

	int rc = begin(request, &opened, &slots, err);
	if (rc == 0)
		rc = find_slot(&slots, which, &slot, err);
	if (rc == 0)
		rc = check_removable(&opened, &slots, slot, err);
	if (rc == 0)
		rc = remove_slot(request, &opened, slot->id, err);
	if (rc == 0)
		*removed = *slot;
	end(&opened, &slots);
	return rc;
}

/* ---- another password ---- */

/* By its password, from what the target gives back: only then the old slot may
 * go. */
static int check_opens(const struct bk_opened *opened,
		       const struct bk_slot *made,
		       const struct bk_secret *password, struct bk_err *err)
{
	struct bk_keys *keys = bk_secure_alloc(sizeof(*keys));
	struct bk_slot again;

	int rc = bk_slot_read(opened->target, made->id, &again, err);
	if (rc == 0)
		rc = bk_slot_open_password(&again, password, keys, err);
	if (rc == 0 &&
	    !bk_bytes_equal(keys, &opened->repo->keys, sizeof(*keys)))
		rc = bk_fail(err, BK_CORRUPT, "other keys are in it");
	bk_secure_free(keys);
	return rc < 0 ? bk_context(err,
				   "the new key slot does not open; "
				   "both are left")
		      : 0;
}

static int replace_slot(const struct bk_key_request *request,
			const struct bk_opened *opened,
			const struct bk_secret *password, struct bk_slot *made,
			struct bk_err *err)
{
	const struct bk_repo *repo = opened->repo;

	if (bk_key_make(opened, repo->slot_label, password, made, err) < 0 ||
	    check_opens(opened, made, password, err) < 0)
		return -1;
	if (remove_slot(request, opened, repo->slot, err) < 0)
		return bk_context(err,
				  "the new password opens the repository, "
				  "and the old one is not gone");
	return 0;
}

static int check_changeable(const struct bk_repo_settings *which,
			    struct bk_err *err)
{
	if (strncmp(which->password, "keyblock:", 9) != 0)
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "a key block has no password to change; give the old "
		       "password: --password-from prompt");
}

int bk_key_change(const struct bk_key_request *request, struct bk_slot *made,
		  struct bk_err *err)
{
	struct bk_opened opened = {0};
	struct bk_slot_list slots = {0};
	struct bk_secret password = {0};

	if (check_changeable(request->repo, err) < 0)
		return -1;
	int rc = begin(request, &opened, &slots, err);
	if (rc == 0)
		rc = get_new_password(request, opened.repo->slot_label,
				      &password, err);
	if (rc == 0)
		rc = replace_slot(request, &opened, &password, made, err);
	bk_secret_clear(&password);
	end(&opened, &slots);
	return rc;
}

/* ---- a key file ---- */

static void name_export(char out[BK_LABEL_MAX + 1])
{
	static const char before[] = "key block of ";
	char host[BK_LABEL_MAX + 1 - sizeof(before) + 1] = "this host";

	(void)gethostname(host, sizeof(host));
	host[sizeof(host) - 1] = 0; /* a long name is cut without a NUL */
	memcpy(out, before, sizeof(before));
	memcpy(out + sizeof(before) - 1, host, sizeof(host));
}

/* It lies where the person said, not in the repository. */
static int write_keyfile(const char *path, const struct bk_keyfile *keyfile,
			 struct bk_err *err)
{
	if (bk_keyfile_write(path, keyfile, err) == 0)
		return 0;
	if (err->kind == BK_EXISTS)
		return bk_fail(err, BK_EXISTS,
			       "%s is there already: remove it, or choose "
			       "another name",
			       path);
	if (err->kind == BK_GONE || err->kind == BK_DENIED)
		err->kind = BK_MISUSE;
	return -1;
}

/* The file first: one that opens nothing does no harm, and is taken back. */
static int write_and_put(const struct bk_opened *opened, const char *path,
			 const struct bk_keyfile *keyfile,
			 const struct bk_slot *slot, struct bk_err *err)
{
	if (write_keyfile(path, keyfile, err) < 0)
		return -1;
	if (put_slot(opened->target, slot, err) == 0)
		return 0;
	(void)unlink(path);
	return -1;
}

int bk_key_make_file(const struct bk_opened *opened, const char *label,
		     const char *path, struct bk_slot *made, struct bk_err *err)
{
	struct bk_keyfile keyfile = {0};
	char usual[BK_LABEL_MAX + 1];

	name_export(usual);
	bk_secret_alloc(&keyfile.key, BK_KEY_LEN);
	bk_random_bytes(keyfile.key.data, BK_KEY_LEN);
	struct bk_slot_plan plan = {
		.repository = opened->repo->id,
		.label = label ? label : usual,
		.keys = &opened->repo->keys,
		.key = keyfile.key.data,
	};
	int rc = bk_slot_make(&plan, made, err);
	if (rc == 0) {
		memcpy(keyfile.repository, opened->repo->id, BK_ID_LEN);
		memcpy(keyfile.slot, made->id, BK_ID_LEN);
		rc = write_and_put(opened, path, &keyfile, made, err);
	}
	bk_secret_clear(&keyfile.key);
	return rc;
}

int bk_key_export(const struct bk_key_request *request, const char *path,
		  struct bk_slot *made, struct bk_err *err)
{
	struct bk_opened opened = {0};
	struct bk_slot_list slots = {0};
	char usual[BK_LABEL_MAX + 1];
	const char *label = request->label ? request->label : usual;

	name_export(usual);
	int rc = begin(request, &opened, &slots, err);
	if (rc == 0)
		rc = check_label(&slots, label, err);
	if (rc == 0)
		rc = bk_key_make_file(&opened, label, path, made, err);
	end(&opened, &slots);
	return rc;
}
