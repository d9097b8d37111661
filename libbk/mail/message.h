/*
 * What every store says about accounts, folders and messages, and what a set
 * keeps of them: plain data, no store's own form.
 */

#ifndef BK_MAIL_MESSAGE_H
#define BK_MAIL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

#define BK_DIGEST_LEN 16

/* System flags, RFC 3501 section 2.3.2, and Maildir's P. */
enum bk_flag {
	BK_FLAG_SEEN = 1,
	BK_FLAG_ANSWERED = 2,
	BK_FLAG_FLAGGED = 4,
	BK_FLAG_DELETED = 8,
	BK_FLAG_DRAFT = 16,
	BK_FLAG_PASSED = 32,
};

/*
 * A message as a listing gives it.  Strings and keyword arrays live in the
 * arena of the list.  What a listing did not learn is 0 and filled by fetch.
 */
struct bk_message {
	const char *name; /* the store's name: Maildir's base name before ":2,";
			     "" where it has none */
	const char
		*file; /* driver's own: where the body lies now; never stored */
	uint32_t uid;  /* 0: the store has none */
	uint8_t flags; /* enum bk_flag */
	bool crlf;     /* of a body that comes or goes: all its lines end in
			  CRLF, as on an IMAP line; never stored */
	int16_t zone_minutes; /* in which the store wrote the date, east of
				 Greenwich; never stored */
	bool strayed; /* a listing of the same run had it, the last one has it
			 no longer; never stored */
	uint16_t n_keywords;
	const uint16_t *keywords; /* ascending indexes of folder->keywords */
	int64_t date;             /* INTERNALDATE, UTC seconds */
	uint64_t size;            /* bytes as the store holds it */
	uint64_t modseq;          /* 0: not known */
};

struct bk_message_list {
	struct bk_arena arena;
	struct bk_message *items; /* owned */
	size_t n, cap;
};

/* Each clear frees everything and leaves {0}; each add gives one more, zeroed,
 * that stays where it is until the next add. */
void bk_message_list_clear(struct bk_message_list *list);
struct bk_message *bk_message_list_add(struct bk_message_list *list);
/* The order of a set: by (uid, name). */
int bk_message_compare(const struct bk_message *a, const struct bk_message *b);
void bk_message_list_sort(struct bk_message_list *list);

struct bk_acl_entry {
	const char *who;    /* RFC 4314 identifier: "user=ann", "anyone",
			       "-group=x" as Dovecot writes it */
	const char *rights; /* as the store writes them */
};

enum bk_acl_outcome {
	BK_ACL_TAKEN,
	BK_ACL_REFUSED,    /* this one */
	BK_ACL_IMPOSSIBLE, /* the store has none at all */
};

/* Who wants to know of rights of a folder that is written. */
struct bk_acl_watch {
	/* What became of one of its entries; the last word counts.  NULL: is
	 * not asked. */
	void (*told)(void *arg, size_t entry, enum bk_acl_outcome outcome);
	/* Does the source know him?  Then what a server gives him as it makes
	 * the folder, since the one above it is his, too, is taken back before
	 * anything is written.  Any thread.  NULL: it knows nobody. */
	bool (*knows)(const void *arg, const char *who);
	void *arg;
};

/* Name and value; a value may hold any bytes. */
struct bk_property {
	const char *name;
	struct bk_view value;
};

/* Is it a name that a server has, and not one of a store's own? */
bool bk_annotation_is_entry(const char *name);
/* Of an annotation's name (RFC 5464): one that people make?  What a server says
 * of itself is nobody's. */
bool bk_annotation_is_peoples(const char *name);

/*
 * A folder.  `name` is what a person sees: UTF-8, its levels joined by '/',
 * "INBOX" for the inbox (a '/' inside a level is not possible in Maildir and
 * is refused elsewhere).  `raw` is the store's own spelling ("." or
 * ".Entw&APw-rfe" in Maildir++), kept to restore it alike.
 */
struct bk_folder {
	struct bk_arena arena; /* of all strings and arrays below */
	const char *name;
	struct bk_view raw;
	char delimiter;        /* of raw names, 0 if flat */
	uint32_t uid_validity; /* 0: not known */
	uint32_t uid_next;     /* 0: not known */
	uint64_t highest_modseq;
	uint8_t guid[16];
	bool has_guid;
	bool subscribed;
	bool unsubscribe;        /* of one to be written, not subscribed: what
				    there is goes; never stored */
	bool subscribed_there;   /* of one to be written: so it is already;
				    never stored */
	bool not_there;          /* of one to be written: as far as anybody
				    knows it is to be made; never stored */
	bool one_of_many;        /* of one to be written: its account is
				    finished soon, and what is written once for
				    all of its folders may wait for that; never
				    stored */
	bool follows;            /* of one to be written: what is here is a copy
				    of it, which it stays: UIDs, UIDVALIDITY,
				    rights and subscription become the
				    source's; never stored */
	bool keeps;              /* of one that follows: what the source does
				    not name may be there all the same, and
				    stays here; never stored */
	bool acl_untold;         /* the store has rights and did not tell those
				    of this one; never stored */
	bool annotations_untold; /* likewise; never stored */
	bool sizeless;           /* of one to be listed: nobody asks how long
				    its messages are; never stored */
	bool bodies_too;         /* of one to be listed: all of it is fetched
				    next, and nothing else; never stored */
	bool counted;            /* `messages` is known; never stored */
	bool view;               /* all that is in it is in other folders too;
				    never stored */
	bool rest;               /* it shows mail of others, and is listed with
				    what no other one shows; never stored */
	uint64_t messages;       /* in it, as folders() saw them */
	bool no_select;          /* holds no messages: a level only */
	const char *special_use; /* "\\Sent" or NULL */
	const char **keywords;   /* the keyword table; n_keywords of them */
	size_t n_keywords;
	size_t cap_keywords; /* bk_folder_keyword's own; 0 for a table made
				otherwise */
	struct bk_acl_entry *acl;
	size_t n_acl;
	const struct bk_acl_watch *acl_watch; /* of one to be written, or NULL;
						 never stored */
	struct bk_property *annotations;
	size_t n_annotations;
	void *driver; /* driver's own state for this folder, in the arena;
			 never stored */
};

void bk_folder_clear(struct bk_folder *folder);

struct bk_folder_list {
	struct bk_folder *items; /* owned */
	size_t n, cap;
};

void bk_folder_list_clear(struct bk_folder_list *list);
struct bk_folder *bk_folder_list_add(struct bk_folder_list *list);

/* Keywords a folder can have; their indexes are below it. */
#define BK_KEYWORDS_MAX 65535
#define BK_KEYWORD_NONE UINT16_MAX

/* The index of a keyword in the folder's table, added if it is new;
 * BK_KEYWORD_NONE if it is new and the table is full. */
uint16_t bk_folder_keyword(struct bk_folder *folder, const char *keyword);

/* Indexes of keywords, ascending and without doubles: how many are left. */
uint16_t bk_keywords_sort(uint16_t *keywords, uint16_t n);

/* A message's keywords, which index `names`, become ascending indexes of the
 * folder's table, in `arena`; those that a full table has no room for go. */
void bk_folder_adopt_keywords(struct bk_folder *folder,
			      const char *const *names, struct bk_message *msg,
			      struct bk_arena *arena);

/* BK_CORRUPT where one of a message's keywords is beyond the folder's table. */
int bk_folder_check_keywords(const struct bk_folder *folder,
			     const struct bk_message *msg, struct bk_err *err);

/* Have they the same keywords; and the same flags, too?  Of one table. */
bool bk_message_same_keywords(const struct bk_message *a,
			      const struct bk_message *b);
bool bk_message_same_marks(const struct bk_message *a,
			   const struct bk_message *b);

/* An account: one user's mail. */
struct bk_account {
	const char
		*address; /* "ann@example.org", or whatever the pattern gives */
	const char *root; /* driver's own: where it lies; never stored */
	struct bk_property *settings; /* files that belong to the account, not
					 to a folder: maildirsize, ... */
	size_t n_settings;
};

struct bk_account_list {
	struct bk_arena arena;
	struct bk_account *items; /* owned; sorted by address */
	size_t n, cap;
};

void bk_account_list_clear(struct bk_account_list *list);
struct bk_account *bk_account_list_add(struct bk_account_list *list);
void bk_account_list_sort(struct bk_account_list *list);

#endif
