/*
 * What an IMAP server says, as data (RFC 9051, RFC 3501 and their extensions).
 * Views and strings point into the response that was read, or into the arena
 * that a function names; a server's text is never trusted to be anything.
 */

#ifndef BK_IMAP_ANSWER_H
#define BK_IMAP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mail/message.h"
#include "mail/uid_set.h"

/* What CAPABILITY lists: bits. */
enum bk_imap_cap {
	BK_IMAP_ENABLE = 1 << 0,
	BK_IMAP_CONDSTORE = 1 << 1,
	BK_IMAP_QRESYNC = 1 << 2,
	BK_IMAP_UIDPLUS = 1 << 3,
	BK_IMAP_MULTIAPPEND = 1 << 4,
	BK_IMAP_LITERAL_PLUS = 1 << 5,
	BK_IMAP_LITERAL_MINUS = 1 << 6, /* up to 4096 bytes */
	BK_IMAP_LIST_EXTENDED = 1 << 7,
	BK_IMAP_LIST_STATUS = 1 << 8,
	BK_IMAP_SPECIAL_USE = 1 << 9,
	BK_IMAP_CREATE_SPECIAL_USE = 1 << 10,
	BK_IMAP_NAMESPACE = 1 << 11,
	BK_IMAP_ESEARCH = 1 << 12,
	BK_IMAP_DEFLATE = 1 << 13,
	BK_IMAP_METADATA = 1 << 14,
	BK_IMAP_ACL = 1 << 15,
	BK_IMAP_QUOTA = 1 << 16,
	BK_IMAP_OBJECTID = 1 << 17,
	BK_IMAP_GMAIL = 1 << 18, /* X-GM-EXT-1 */
	BK_IMAP_ID = 1 << 19,
	BK_IMAP_UTF8 = 1 << 20, /* UTF8=ACCEPT or UTF8=ONLY */
	BK_IMAP_MOVE = 1 << 21,
	BK_IMAP_UNSELECT = 1 << 22,
	BK_IMAP_XLIST = 1 << 23,
};

struct bk_imap_caps {
	uint32_t has;          /* enum bk_imap_cap */
	uint64_t append_limit; /* APPENDLIMIT=n; 0: not said */
	bool append_limits;    /* APPENDLIMIT: each mailbox has its own */
};

/* Response codes that change what we do (RFC 5530 and others). */
enum bk_imap_code {
	BK_IMAP_CODE_NONE, /* none, or one that changes nothing */
	BK_IMAP_CODE_TRYCREATE,
	BK_IMAP_CODE_NONEXISTENT,
	BK_IMAP_CODE_ALREADYEXISTS,
	BK_IMAP_CODE_OVERQUOTA,
	BK_IMAP_CODE_TOOBIG,
	BK_IMAP_CODE_LIMIT,
	BK_IMAP_CODE_INUSE,
	BK_IMAP_CODE_UNAVAILABLE,
	BK_IMAP_CODE_THROTTLED, /* Office 365's and Gmail's ways, too */
	BK_IMAP_CODE_NOPERM,
	BK_IMAP_CODE_AUTH, /* AUTHENTICATIONFAILED, AUTHORIZATIONFAILED,
			      EXPIRED, PRIVACYREQUIRED */
	BK_IMAP_CODE_EXPUNGEISSUED,
	BK_IMAP_CODE_CANNOT,
	BK_IMAP_CODE_SERVERBUG,
};

/* What STATUS, LIST-STATUS and SELECT say of a mailbox; 0: not said. */
struct bk_imap_status {
	bool known; /* something was said */
	uint64_t messages;
	uint32_t uid_validity, uid_next;
	uint64_t highest_modseq;
	const char *mailbox_id; /* OBJECTID; NULL */
	const char *guid;       /* of a Dovecot, where asked for; NULL */
	uint64_t size;          /* STATUS=SIZE */
	bool has_append_limit;
	uint64_t append_limit; /* bytes (RFC 7889); UINT64_MAX: none */
};

enum bk_imap_mailbox_is {
	BK_IMAP_NO_SELECT = 1,    /* \Noselect, \NonExistent */
	BK_IMAP_NON_EXISTENT = 2, /* \NonExistent */
	BK_IMAP_NO_INFERIORS = 4, /* \Noinferiors */
	BK_IMAP_SUBSCRIBED = 8,   /* \Subscribed, or LSUB's */
	BK_IMAP_HAS_CHILDREN = 16,
};

/* One LIST (XLIST, LSUB) response. */
struct bk_imap_mailbox {
	struct bk_view name; /* as the server spells it: mUTF-7, or UTF-8 where
				that was enabled; ends in a NUL behind len */
	char delimiter;      /* 0: flat */
	unsigned is;         /* enum bk_imap_mailbox_is */
	const char *special_use; /* "\\Sent" (RFC 6154), or NULL */
	struct bk_imap_status status;
};

struct bk_imap_mailbox_list {
	struct bk_arena arena;
	struct bk_imap_mailbox *items; /* owned */
	size_t n, cap;
};

void bk_imap_mailbox_list_clear(struct bk_imap_mailbox_list *list);

/* What SELECT or EXAMINE said. */
struct bk_imap_selected {
	struct bk_imap_status status; /* messages is EXISTS */
	bool read_only;
	bool no_modseq;      /* NOMODSEQ: there are none here */
	bool uid_not_sticky; /* UIDs do not outlive the session */
	bool any_keyword;    /* PERMANENTFLAGS has \* */
	bool says_permanent; /* PERMANENTFLAGS came; else FLAGS stands for it */
	uint8_t flags;       /* enum bk_flag that may be set for good */
	/* Keywords of PERMANENTFLAGS and FLAGS, in the client's arena. */
	const char **keywords;
	size_t n_keywords;
};

/* What a FETCH response said: bits. */
enum bk_imap_said {
	BK_IMAP_SAID_UID = 1,
	BK_IMAP_SAID_FLAGS = 2,
	BK_IMAP_SAID_DATE = 4,
	BK_IMAP_SAID_SIZE = 8,
	BK_IMAP_SAID_MODSEQ = 16,
	BK_IMAP_SAID_EMAIL_ID = 32,
	BK_IMAP_SAID_BODY = 64,    /* BODY[]: went to the receiver */
	BK_IMAP_SAID_HEADER = 128, /* BODY[HEADER] or its fields */
	BK_IMAP_SAID_LABELS = 256, /* X-GM-LABELS */
	BK_IMAP_SAID_NIL = 512,    /* BODY[] NIL: the server cannot give it */
};

/* One FETCH response, without the body. */
struct bk_imap_row {
	unsigned said; /* enum bk_imap_said */
	uint32_t seq, uid;
	uint8_t flags; /* enum bk_flag */
	const struct bk_view *keywords;
	size_t n_keywords;
	int64_t date;         /* INTERNALDATE, UTC seconds */
	int16_t zone_minutes; /* of INTERNALDATE, east of Greenwich */
	uint64_t size;        /* RFC822.SIZE */
	uint64_t modseq;
	struct bk_view email_id; /* EMAILID (RFC 8474), or X-GM-MSGID */
	struct bk_view header;
	const struct bk_view *labels; /* X-GM-LABELS, as spelled: "\\Inbox",
					 mUTF-7 */
	size_t n_labels;
};

/* ---- what hangs on a mailbox ---- */

struct bk_acl_list {
	struct bk_arena arena;
	struct bk_acl_entry *items; /* owned */
	size_t n, cap;
};

struct bk_metadata_list {
	struct bk_arena arena;
	struct bk_property *items; /* "/private/comment" and its value; owned */
	size_t n, cap;
};

/* Each frees everything and leaves {0}. */
void bk_acl_list_clear(struct bk_acl_list *list);
void bk_metadata_list_clear(struct bk_metadata_list *list);

/* STORAGE of the inbox's quota root, bytes; limit 0: there is none. */
struct bk_imap_quota {
	uint64_t used, limit;
	uint64_t messages, messages_limit;
};

#endif
