/*
 * What a move remembers: one SQLite file, 0600, with the folders of each
 * account as both sides were after the last pass, and which message of the
 * source is which at the destination.
 *
 * It makes passes quick and deletions safe, and no more: without it, or with
 * one that is behind (it is durable in order, but not at once), what is at the
 * destination is found by content again.  So nothing here waits for a disk.
 *
 * One process at a time has it open; its threads may share it.
 */

#ifndef BK_SYNC_JOURNAL_H
#define BK_SYNC_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "mail/message.h"
#include "mail/uid_set.h"
#include "store/store.h"

struct bk_journal;

/*
 * Made if it is not there; its folder must be.  BK_BUSY when another process
 * has it open, BK_NEWER when a newer version made it, BK_MISUSE when it is
 * something else.  One that is damaged is set aside as PATH.damaged and a new
 * one is begun; so is, when it is closed, one that is found to be damaged later
 * (BK_CORRUPT then: the run ends, the next one begins anew).
 */
int bk_journal_open(struct bk_journal **out, const char *path,
		    struct bk_err *err);
/*
 * For who only looks: an old one is read from a copy of it that is made as the
 * file `copy`, and for a damaged one a new one is begun there; the caller takes
 * that away.  PATH stays as it is, of whichever version, and is locked.
 */
int bk_journal_look(struct bk_journal **out, const char *path, const char *copy,
		    struct bk_err *err);
void bk_journal_close(struct bk_journal *journal); /* NULL is fine */

/* Where a damaged one went when it was opened, or is, when it is only looked
 * at; NULL: it is not damaged. */
const char *bk_journal_set_aside(const struct bk_journal *journal);

/* ---- accounts ---- */

struct bk_journal_account {
	int64_t id;
	const char *name;
	int64_t ended;   /* of the last pass that went through; 0: none did */
	uint64_t passes; /* that went through */
	uint64_t messages, left; /* at the source; that could not be carried
				    over, as the last of them left it */
};

struct bk_journal_accounts {
	struct bk_arena arena;
	struct bk_journal_account *items; /* owned; by name */
	size_t n, cap;
};
void bk_journal_accounts_clear(struct bk_journal_accounts *accounts);

int bk_journal_accounts(struct bk_journal *journal,
			struct bk_journal_accounts *out, struct bk_err *err);
/* Its number; it is added if need be. */
int bk_journal_account(struct bk_journal *journal, const char *name,
		       int64_t *id, struct bk_err *err);
/* A pass went through now. */
int bk_journal_account_end(struct bk_journal *journal, int64_t id,
			   uint64_t messages, uint64_t left,
			   struct bk_err *err);
/* Everything of an account goes: its next pass is a first one. */
int bk_journal_account_drop(struct bk_journal *journal, const char *name,
			    struct bk_err *err);

/* ---- folders ---- */

/* A side of a folder after a pass; 0: not known, look at it again. */
struct bk_journal_side {
	const char *name; /* struct bk_folder's */
	uint32_t uid_validity, uid_next;
	uint64_t highest_modseq, messages;
	bool has_guid;
	uint8_t guid[16];
};

struct bk_journal_folder {
	int64_t id; /* 0: not in the journal yet */
	struct bk_journal_side from, to;
	bool made;       /* by us, at the destination */
	bool subscribed; /* was carried over */
};

struct bk_journal_folders {
	struct bk_arena arena;           /* of all strings */
	struct bk_journal_folder *items; /* owned; by the source's name */
	size_t n, cap;
};
void bk_journal_folders_clear(struct bk_journal_folders *folders);

int bk_journal_folders(struct bk_journal *journal, int64_t account,
		       struct bk_journal_folders *out, struct bk_err *err);
/* Adds it, and sets its id, or writes it anew. */
int bk_journal_folder_put(struct bk_journal *journal, int64_t account,
			  struct bk_journal_folder *folder, struct bk_err *err);
/* It goes, with its messages. */
int bk_journal_folder_drop(struct bk_journal *journal, int64_t id,
			   struct bk_err *err);

/* ---- rights ---- */

/* What we gave somebody at the destination, by his name there. */
struct bk_journal_right {
	int64_t folder;
	const char *who, *rights; /* as struct bk_acl_entry's; "": none */
	const char *sent;   /* was about to be given, and may have been; NULL:
			       nothing was */
	const char *source; /* who had what at the source, as struct
			       bk_rights_task has it, when that was settled */
};

struct bk_journal_rights {
	struct bk_arena arena;
	struct bk_journal_right *items; /* owned; by folder */
	size_t n, cap;
};
void bk_journal_rights_clear(struct bk_journal_rights *rights);

/* Those of all folders of an account. */
int bk_journal_rights(struct bk_journal *journal, int64_t account,
		      struct bk_journal_rights *out, struct bk_err *err);
/* Those of one folder of them: the first, and how many. */
const struct bk_journal_right *bk_journal_rights_of(
	const struct bk_journal_rights *rights, int64_t folder, size_t *n);
/* These instead of those that the folder had. */
int bk_journal_rights_put(struct bk_journal *journal, int64_t folder,
			  const struct bk_journal_right *rights, size_t n,
			  struct bk_err *err);

/* ---- quotas ---- */

/* What both ends allowed when that was the same: 1; 0: it never was. */
int bk_journal_quota(struct bk_journal *journal, int64_t account,
		     struct bk_store_quota *out, struct bk_err *err);
int bk_journal_quota_put(struct bk_journal *journal, int64_t account,
			 const struct bk_store_quota *quota,
			 struct bk_err *err);

/* ---- scripts and annotations of the account ---- */

#define BK_JOURNAL_SCRIPT_SUM 32

/* A script, or an annotation, as both ends had it when they last were alike:
 * what tells its texts from others.  A to_sum of zeros: the destination has
 * none, since it turned the source's down. */
struct bk_journal_script {
	const char *name; /* "": none, which was the active one */
	uint8_t from_sum[BK_JOURNAL_SCRIPT_SUM];
	uint8_t to_sum[BK_JOURNAL_SCRIPT_SUM];
	bool active; /* at both ends */
};

struct bk_journal_scripts {
	struct bk_arena arena;           /* of names */
	struct bk_journal_script *items; /* owned; by name */
	size_t n, cap;
};
void bk_journal_scripts_clear(struct bk_journal_scripts *scripts);
/* NULL: it is not among them. */
const struct bk_journal_script *bk_journal_scripts_find(
	const struct bk_journal_scripts *scripts, const char *name);

int bk_journal_texts(struct bk_journal *journal, enum bk_text_kind kind,
		     int64_t account, struct bk_journal_scripts *out,
		     struct bk_err *err);
/* These instead of those that were known. */
int bk_journal_texts_put(struct bk_journal *journal, enum bk_text_kind kind,
			 int64_t account,
			 const struct bk_journal_script *scripts, size_t n,
			 struct bk_err *err);

/* The account `back` becomes what `name` is in the other direction: a pass from
 * its destination to its source knows every message by it, and takes nothing
 * away there but what such passes brought.  One that passes went over already
 * stays: drop it when `name` goes forward again.  *folders gets those of
 * `name`. Call it before the first of such passes. */
int bk_journal_reverse(struct bk_journal *journal, const char *name,
		       const char *back, struct bk_journal_folders *folders,
		       struct bk_err *err);

/* ---- messages ---- */

/* As the uid of a message: it went with its folder, and no folder that is made
 * there later has it. */
#define BK_UID_TAKEN_AWAY UINT32_MAX

/* A message as a side has it, by uid or name; neither: which one it is is not
 * known (any longer). */
struct bk_journal_message {
	const char *name; /* "" where it has none */
	const uint16_t *keywords;
	uint16_t n_keywords;
	uint8_t flags; /* as last seen */
	uint32_t uid;
};

/* A message of the source, and the one that it is at the destination. */
struct bk_pair {
	uint32_t id; /* in its folder, above 0 */
	bool ours;   /* we brought it */
	struct bk_journal_message from, to;
};

struct bk_pair_list {
	struct bk_arena arena; /* of names and keywords */
	struct bk_pair *items; /* owned; by id */
	size_t n, cap;
};
void bk_pair_list_clear(struct bk_pair_list *list);

/* Keywords become indexes of the table of `words`. */
int bk_journal_pairs(struct bk_journal *journal, int64_t folder,
		     struct bk_folder *words, struct bk_pair_list *out,
		     struct bk_err *err);

/* Those of their UIDs that are known, of one side; sorted. */
int bk_journal_uids(struct bk_journal *journal, int64_t folder, bool of_source,
		    struct bk_uid_set *out, struct bk_err *err);

/* What became of some of them, at once or not at all. */
struct bk_journal_news {
	int64_t folder;
	const struct bk_folder *words; /* of keywords */
	const struct bk_pair *put;     /* new ones, or what they are now */
	size_t n_put;
	const uint32_t *gone; /* ids */
	size_t n_gone;
	bool arrived; /* nothing is on its way any longer */
};
int bk_journal_write(struct bk_journal *journal,
		     const struct bk_journal_news *news, struct bk_err *err);

/* Messages of the source that may be at the destination already, without
 * being in the journal: a batch that was being sent. */
struct bk_journal_batch {
	struct bk_message_list messages; /* uid and name of each, sorted */
	uint32_t to_uid_next; /* what arrived has a UID from here on; 0: not
				 known */
};

/* *out: cleared first; no messages when nothing is on its way. */
int bk_journal_batch(struct bk_journal *journal, int64_t folder,
		     struct bk_journal_batch *out, struct bk_err *err);
/* These are about to be sent, instead of what was on its way before. */
int bk_journal_batch_put(struct bk_journal *journal, int64_t folder,
			 uint32_t to_uid_next,
			 struct bk_message *const *messages, size_t n,
			 struct bk_err *err);

#endif
