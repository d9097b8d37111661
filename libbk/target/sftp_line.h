/*
 * One connection to a server of SFTP 3 (draft-ietf-secsh-filexfer-02), which is
 * what all of them speak: requests are put together, sent without waiting, and
 * answered in any order.
 *
 *	bk_sftp_begin(line, BK_SFTP_STAT);
 *	bk_sftp_add_path(line, "keys", "1.bkk");
 *	rc = bk_sftp_ask(line, &answer, err);	one that is answered at once
 *
 * Errors: those of net/ssh.h; what the server refuses as BK_GONE, BK_DENIED,
 * BK_FAILED, with its words; BK_LOST, too, for what is no SFTP, after which the
 * line is `broken`.
 */

#ifndef BK_TARGET_SFTP_LINE_H
#define BK_TARGET_SFTP_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/ssh.h"

enum {
	BK_SFTP_OPEN = 3,
	BK_SFTP_CLOSE = 4,
	BK_SFTP_READ = 5,
	BK_SFTP_WRITE = 6,
	BK_SFTP_OPENDIR = 11,
	BK_SFTP_READDIR = 12,
	BK_SFTP_REMOVE = 13,
	BK_SFTP_MKDIR = 14,
	BK_SFTP_STAT = 17,
	BK_SFTP_RENAME = 18,
	BK_SFTP_STATUS = 101,
	BK_SFTP_HANDLE = 102,
	BK_SFTP_DATA = 103,
	BK_SFTP_NAME = 104,
	BK_SFTP_ATTRS = 105,
	BK_SFTP_EXTENDED = 200,
	BK_SFTP_EXTENDED_REPLY = 201,
};

/* Servers have to take this much at a time, and it is what they send. */
#define BK_SFTP_CHUNK 32768

/* Which of them a file has (5.). */
enum {
	BK_SFTP_HAS_SIZE = 1,
	BK_SFTP_HAS_OWNERS = 2,
	BK_SFTP_HAS_MODE = 4,
	BK_SFTP_HAS_TIMES = 8,
};
#define BK_SFTP_HAS_MORE UINT32_C(0x80000000)

struct bk_sftp_attrs {
	uint32_t has;
	uint64_t size;
	uint32_t mode;
	int64_t mtime; /* UTC seconds */
};

struct bk_sftp_line {
	struct bk_sftp_line *next; /* of those that are idle */
	bool has_fsync, has_statvfs;
	bool broken;
	unsigned unanswered; /* requests */

	/* Private. */
	struct bk_ssh *ssh;
	const char *root; /* path of the folder, before all names */
	uint32_t next_id;
	struct bk_buf out, in;
};

/* What came: the body of an answer, read from its front; it lies in the line,
 * until the next one comes.  What is missing is zero, and said at the end. */
struct bk_sftp_answer {
	uint8_t type;
	uint32_t id;
	struct bk_view left;
	bool bad;
};

/* Connects, and agrees on the version; `root` stays the caller's.  `tidying` as
 * in net/ssh.h. */
int bk_sftp_line_open(struct bk_sftp_line **out, struct bk_link *link,
		      const char *root, bool tidying, struct bk_err *err);
void bk_sftp_line_close(struct bk_sftp_line *line); /* NULL is fine */
/* Can it be used again?  Waits for what is unanswered. */
bool bk_sftp_line_stands(struct bk_sftp_line *line);

/* ---- asking ---- */

void bk_sftp_begin(struct bk_sftp_line *line, uint8_t type);
void bk_sftp_add_u32(struct bk_sftp_line *line, uint32_t value);
void bk_sftp_add_u64(struct bk_sftp_line *line, uint64_t value);
void bk_sftp_add_bytes(struct bk_sftp_line *line, struct bk_view bytes);
void bk_sftp_add_text(struct bk_sftp_line *line, const char *text);
/* The folder's path, and of a name below it if that is not "". */
void bk_sftp_add_path(struct bk_sftp_line *line, const char *name);
void bk_sftp_add_mode(struct bk_sftp_line *line, uint32_t mode);

/* Sends what was put together; its number is in *id. */
int bk_sftp_send(struct bk_sftp_line *line, uint32_t *id, struct bk_err *err);

/* ---- being answered ---- */

/* The next answer, to whatever it is. */
int bk_sftp_receive(struct bk_sftp_line *line, struct bk_sftp_answer *out,
		    struct bk_err *err);
uint32_t bk_sftp_get_u32(struct bk_sftp_answer *answer);
uint64_t bk_sftp_get_u64(struct bk_sftp_answer *answer);
struct bk_view bk_sftp_get_bytes(struct bk_sftp_answer *answer);
void bk_sftp_get_attrs(struct bk_sftp_answer *answer,
		       struct bk_sftp_attrs *out);

/* Is it of that type, and, of a status, "done"?  If not, the error says what
 * the server said. */
int bk_sftp_expect(struct bk_sftp_line *line, struct bk_sftp_answer *answer,
		   uint8_t type, struct bk_err *err);
/* Was all of it there?  BK_LOST. */
int bk_sftp_check(struct bk_sftp_line *line,
		  const struct bk_sftp_answer *answer, struct bk_err *err);
/* Is it a status that says that nothing comes any more? */
bool bk_sftp_is_end(const struct bk_sftp_answer *answer);
/* ... that this is not known, or not allowed? */
bool bk_sftp_is_denied(const struct bk_sftp_answer *answer);
/* It says what is no SFTP. */
int bk_sftp_nonsense(struct bk_sftp_line *line, struct bk_err *err);

/* Sends, and waits for the answer to this; what else is answered until then is
 * nobody's business. */
int bk_sftp_ask(struct bk_sftp_line *line, struct bk_sftp_answer *out,
		struct bk_err *err);
/* The same of what is answered with "done" or a refusal. */
int bk_sftp_do(struct bk_sftp_line *line, struct bk_err *err);
/* The same of what is answered with a handle, which *out is made of. */
int bk_sftp_ask_handle(struct bk_sftp_line *line, struct bk_buf *out,
		       struct bk_err *err);
int bk_sftp_ask_attrs(struct bk_sftp_line *line, const char *name,
		      struct bk_sftp_attrs *out, struct bk_err *err);

/* What is still unanswered comes, and is nobody's business. */
int bk_sftp_settle(struct bk_sftp_line *line, struct bk_err *err);

#endif
