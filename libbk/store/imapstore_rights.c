/* Rights (RFC 4314) and annotations (RFC 5464) that folders are given. */

#include <stdlib.h>
#include <string.h>

#include "store/imaprights.h"
#include "store/imapstore.h"
#include "store/lacks.h"

static bool concerns_one(enum bk_kind kind)
{
	return kind == BK_REFUSED || kind == BK_DENIED || kind == BK_GONE ||
	       kind == BK_FULL || kind == BK_EXISTS;
}

/* 1: turned down. */
static int judge(int rc, const struct bk_err *why, struct bk_err *err)
{
	if (rc == 0 || concerns_one(why->kind))
		return rc < 0;
	*err = *why;
	return -1;
}

/* What every server knows (RFC 4314, 2.1), and the two of before. */
static void keep_known(const char *rights, struct bk_buf *out)
{
	for (; *rights; rights++)
		if (strchr("lrswipkxteacd", *rights))
			bk_buf_add_u8(out, (uint8_t)*rights);
}

/* Says it as a whole; if that is turned down, what every server knows: *taken,
 * all the same. */
static int say_rights(struct bk_imapstore_session *session,
		      struct bk_view mailbox, const char *who,
		      const char *rights, bool *taken, struct bk_err *why)
{
	struct bk_buf known = {0};
	struct bk_err ignored = {0};
	int rc = bk_imap_set_acl(session->imap, mailbox, who, rights, why);

	*taken = rc == 0;
	if (rc < 0 && why->kind == BK_REFUSED) {
		keep_known(rights, &known);
		if (known.len && known.len < strlen(rights))
			*taken = bk_imap_set_acl(session->imap, mailbox, who,
						 bk_buf_text(&known),
						 &ignored) == 0;
	}
	bk_buf_clear(&known);
	return rc;
}

static int put_entry(struct bk_imapstore_session *session,
		     struct bk_view mailbox, const struct bk_acl_entry *entry,
		     bool *taken, struct bk_err *why, struct bk_err *err)
{
	bool cyrus = bk_imap_is_cyrus(session->imap);
	struct bk_buf who = {0};

	bk_imaprights_identifier(entry->who, cyrus, &who);
	int rc = say_rights(session, mailbox, bk_buf_text(&who), entry->rights,
			    taken, why);
	bk_buf_clear(&who);
	if (rc < 0)
		(void)bk_context(why, "rights of %s", entry->who);
	return judge(rc, why, err);
}

static int put_property(struct bk_imapstore_session *session,
			struct bk_view mailbox,
			const struct bk_property *property, struct bk_err *why,
			struct bk_err *err)
{
	int rc = bk_imap_set_metadata(session->imap, mailbox, property, why);

	if (rc < 0)
		(void)bk_context(why, "annotation %s", property->name);
	return judge(rc, why, err);
}

/* Who takes rights away from himself cannot give others any. */
static bool is_own(const struct bk_imapstore_session *session, const char *who)
{
	return strcmp(who, "owner") == 0 ||
	       (strncmp(who, "user=", 5) == 0 &&
		bk_imapstore_is_owners(session, who + 5));
}

static int has_none(const char *what, const char *name, struct bk_err *why)
{
	(void)bk_fail(why, BK_REFUSED, "%s %s: the server has none", what,
		      name);
	return 1;
}

static void tell_outcome(const struct bk_folder *folder, size_t entry, bool can,
			 bool taken)
{
	const struct bk_acl_watch *watch = folder->acl_watch;

	if (watch && watch->told)
		watch->told(watch->arg, entry,
			    taken ? BK_ACL_TAKEN
			    : can ? BK_ACL_REFUSED
				  : BK_ACL_IMPOSSIBLE);
}

static const struct bk_acl_entry *wanted(const struct bk_folder *folder,
					 const char *who)
{
	for (size_t i = 0; i < folder->n_acl; i++)
		if (strcmp(folder->acl[i].who, who) == 0)
			return &folder->acl[i];
	return NULL;
}

static bool is_known(const struct bk_folder *folder, const char *who)
{
	const struct bk_acl_watch *watch = folder->acl_watch;

	return watch && watch->knows && watch->knows(watch->arg, who);
}

/* Dovecot marks what its configuration gives, and no command takes. */
static bool is_global(const char *who)
{
	return strncmp(who + (*who == '-'), "user=#", 6) == 0;
}

static int take_back_one(struct bk_imapstore_session *session,
			 struct bk_view mailbox, const struct bk_folder *folder,
			 const struct bk_acl_entry *is,
			 struct bk_imapstore_inherited *out, struct bk_err *err)
{
	const struct bk_acl_entry *want = wanted(folder, is->who);
	const struct bk_acl_entry to_be = {.who = is->who,
					   .rights = want ? want->rights : ""};
	struct bk_buf *strangers = &out->strangers;
	struct bk_err why = {0};
	bool taken = false;

	if (want && bk_imaprights_same(want->rights, is->rights))
		return 0;
	if (!want && !is_known(folder, is->who)) {
		if (*is->who != '-' && strchr(is->rights, 'r'))
			bk_buf_printf(strangers, "%s%s",
				      strangers->len ? ", " : "", is->who);
		return 0;
	}
	int rc = put_entry(session, mailbox, &to_be, &taken, &why, err);
	if (rc > 0) {
		(void)bk_context(&why, "to take back");
		bk_lacks_add(&out->lacks, BK_LACK_RIGHTS, is->who, why.text);
	}
	return rc < 0 ? -1 : 0;
}

int bk_imapstore_take_back(struct bk_imapstore_session *session,
			   struct bk_view mailbox,
			   const struct bk_folder *folder,
			   const struct bk_acl_list *has,
			   struct bk_imapstore_inherited *out,
			   struct bk_err *err)
{
	struct bk_folder is = {0};
	int rc = 0;

	bk_lacks_clear(&out->lacks);
	out->strangers.len = 0;
	bk_imapstore_take_acl(&is, has, session);
	for (size_t i = 0; i < is.n_acl && rc == 0; i++)
		if (!is_own(session, is.acl[i].who) &&
		    !is_global(is.acl[i].who))
			rc = take_back_one(session, mailbox, folder, &is.acl[i],
					   out, err);
	bk_folder_clear(&is);
	return rc;
}

static int put_rights(struct bk_imapstore_session *session,
		      struct bk_view mailbox, const struct bk_folder *folder,
		      struct bk_lacks *lacks, struct bk_err *err)
{
	bool can = bk_imap_can(session->imap, BK_IMAP_ACL);

	for (size_t i = 0; i < folder->n_acl; i++) {
		const struct bk_acl_entry *entry = &folder->acl[i];
		struct bk_err why = {0};
		bool taken = false;
		if (is_own(session, entry->who)) {
			tell_outcome(folder, i, false, false);
			continue;
		}
		int rc = can ? put_entry(session, mailbox, entry, &taken, &why,
					 err)
			     : has_none("rights of", entry->who, &why);
		if (rc < 0)
			return -1;
		tell_outcome(folder, i, can, taken);
		if (rc)
			bk_lacks_add(lacks, BK_LACK_RIGHTS, entry->who,
				     why.text);
	}
	return 0;
}

/* What a server says of itself is nobody's to take away, and of a copy no loss
 * where it is told otherwise. */
static bool is_servers(const char *name)
{
	return strstr(name, "/vendor/") || strstr(name, "/specialuse");
}

static int put_annotations(struct bk_imapstore_session *session,
			   struct bk_view mailbox,
			   const struct bk_folder *folder,
			   struct bk_lacks *lacks, struct bk_err *err)
{
	bool can = bk_imap_can(session->imap, BK_IMAP_METADATA);

	for (size_t i = 0; i < folder->n_annotations; i++) {
		const struct bk_property *property = &folder->annotations[i];
		struct bk_err why = {0};
		/* Names of other stores' own, "maildir/layout", mean nothing
		 * here. */
		if (!bk_annotation_is_entry(property->name))
			continue;
		int rc = can ? put_property(session, mailbox, property, &why,
					    err)
			     : has_none("annotation", property->name, &why);
		if (rc < 0)
			return -1;
		if (rc && (!folder->follows || !is_servers(property->name)))
			bk_lacks_add(lacks, BK_LACK_ANNOTATIONS, property->name,
				     why.text);
	}
	return 0;
}

/* ---- of a copy, what its source has no longer ---- */

static bool has_rights_of(const struct bk_folder *folder, const char *who)
{
	for (size_t i = 0; i < folder->n_acl; i++)
		if (strcmp(folder->acl[i].who, who) == 0)
			return true;
	return false;
}

static bool stays(const struct bk_folder *folder, const char *name)
{
	if (is_servers(name))
		return true;
	for (size_t i = 0; i < folder->n_annotations; i++)
		if (strcmp(folder->annotations[i].name, name) == 0)
			return true;
	return false;
}

static int take_away(struct bk_imapstore_session *session,
		     struct bk_view mailbox, const struct bk_folder *here,
		     const struct bk_folder *want, struct bk_lacks *lacks,
		     struct bk_err *err)
{
	struct bk_err why = {0};
	int rc = 0;

	for (size_t i = 0; i < here->n_acl && rc >= 0; i++) {
		const struct bk_acl_entry none = {here->acl[i].who, ""};
		if (has_rights_of(want, none.who))
			continue;
		bool taken = false;
		rc = put_entry(session, mailbox, &none, &taken, &why, err);
		if (rc > 0)
			bk_lacks_add(lacks, BK_LACK_RIGHTS, none.who, why.text);
	}
	for (size_t i = 0; i < here->n_annotations && rc >= 0; i++) {
		const struct bk_property none = {
			.name = here->annotations[i].name};
		if (stays(want, none.name))
			continue;
		rc = put_property(session, mailbox, &none, &why, err);
		if (rc > 0)
			bk_lacks_add(lacks, BK_LACK_ANNOTATIONS, none.name,
				     why.text);
	}
	return rc < 0 ? -1 : 0;
}

/* Where what is there is kept, any of that name will do. */
static bool has_property(const struct bk_folder *here,
			 const struct bk_property *property, bool keeps)
{
	for (size_t i = 0; i < here->n_annotations; i++) {
		const struct bk_property *is = &here->annotations[i];
		if (strcmp(is->name, property->name) != 0)
			continue;
		if (keeps)
			return true;
		if (is->value.len == property->value.len &&
		    memcmp(is->value.data, property->value.data,
			   is->value.len) == 0)
			return true;
	}
	return false;
}

static bool has_entry(const struct bk_folder *here,
		      const struct bk_acl_entry *entry, bool keeps)
{
	for (size_t i = 0; i < here->n_acl; i++)
		if (strcmp(here->acl[i].who, entry->who) == 0 &&
		    (keeps || strcmp(here->acl[i].rights, entry->rights) == 0))
			return true;
	return false;
}

/* What is so already is not said again: servers turn some of it down. */
static void leave_out_same(struct bk_folder *want, const struct bk_folder *here,
			   struct bk_arena *arena)
{
	const struct bk_folder all = *want;

	want->acl = bk_arena_alloc(arena, (all.n_acl + 1) * sizeof(*want->acl));
	want->annotations = bk_arena_alloc(
		arena, (all.n_annotations + 1) * sizeof(*want->annotations));
	want->n_acl = want->n_annotations = 0;
	for (size_t i = 0; i < all.n_acl; i++)
		if (!has_entry(here, &all.acl[i], all.keeps))
			want->acl[want->n_acl++] = all.acl[i];
	for (size_t i = 0; i < all.n_annotations; i++)
		if (!has_property(here, &all.annotations[i], all.keeps))
			want->annotations[want->n_annotations++] =
				all.annotations[i];
}

/* `here` gets what the server has, and *want is left with what it lacks. */
static int drop_others(struct bk_imapstore_session *session,
		       struct bk_view mailbox, struct bk_folder *here,
		       struct bk_folder *want, struct bk_lacks *lacks,
		       struct bk_err *err)
{
	if (bk_imapstore_ask_settings(session, mailbox, here, err) < 0)
		return -1;
	if (!want->keeps &&
	    take_away(session, mailbox, here, want, lacks, err) < 0)
		return -1;
	leave_out_same(want, here, &here->arena);
	return 0;
}

int bk_imapstore_put_settings(struct bk_imapstore_session *session,
			      struct bk_view mailbox,
			      const struct bk_folder *folder,
			      struct bk_lacks *lacks, struct bk_err *err)
{
	struct bk_folder here = {0}, want = *folder;
	int rc = 0;

	bk_lacks_clear(lacks);
	if (folder->follows)
		rc = drop_others(session, mailbox, &here, &want, lacks, err);
	if (rc == 0)
		rc = put_rights(session, mailbox, &want, lacks, err);
	if (rc == 0)
		rc = put_annotations(session, mailbox, &want, lacks, err);
	bk_folder_clear(&here);
	return rc;
}
