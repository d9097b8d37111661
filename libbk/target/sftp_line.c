/* Requests and answers of SFTP: see sftp_line.h. */

#include "target/sftp_line.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

#define INIT    1
#define VERSION 2
#define THREE   3

/* No answer is longer: names come a hundred at a time. */
#define ANSWER_MAX ((size_t)1 << 20)
#define WORDS_MAX  ((size_t)200)

enum {
	DONE,
	AT_END,
	NO_SUCH_FILE,
	PERMISSION_DENIED,
	FAILURE,
	BAD_MESSAGE,
	NO_CONNECTION,
	CONNECTION_LOST,
	OP_UNSUPPORTED,
};

/* ---- asking ---- */

static void add_u32(struct bk_buf *out, uint32_t value)
{
	value = htobe32(value);
	bk_buf_add(out, &value, sizeof(value));
}

void bk_sftp_begin(struct bk_sftp_line *line, uint8_t type)
{
	line->out.len = 0;
	add_u32(&line->out, 0); /* its length, when that is known */
	bk_buf_add_u8(&line->out, type);
	if (type != INIT)
		add_u32(&line->out, ++line->next_id);
}

void bk_sftp_add_u32(struct bk_sftp_line *line, uint32_t value)
{
	add_u32(&line->out, value);
}

void bk_sftp_add_u64(struct bk_sftp_line *line, uint64_t value)
{
	value = htobe64(value);
	bk_buf_add(&line->out, &value, sizeof(value));
}

void bk_sftp_add_bytes(struct bk_sftp_line *line, struct bk_view bytes)
{
	add_u32(&line->out, (uint32_t)bytes.len);
	bk_buf_add(&line->out, bytes.data, bytes.len);
}

void bk_sftp_add_text(struct bk_sftp_line *line, const char *text)
{
	const struct bk_view bytes = {(const uint8_t *)text, strlen(text)};

	bk_sftp_add_bytes(line, bytes);
}

void bk_sftp_add_path(struct bk_sftp_line *line, const char *name)
{
	char *path = bk_asprintf("%s%s%s", line->root, *name ? "/" : "", name);

	bk_sftp_add_text(line, *path ? path : "/");
	free(path);
}

void bk_sftp_add_mode(struct bk_sftp_line *line, uint32_t mode)
{
	add_u32(&line->out, BK_SFTP_HAS_MODE);
	add_u32(&line->out, mode);
}

static int failed(struct bk_sftp_line *line, const struct bk_err *err)
{
	line->broken = line->broken || err->kind != BK_CANCELLED ||
		       bk_ssh_is_cut(line->ssh);
	return -1;
}

int bk_sftp_send(struct bk_sftp_line *line, uint32_t *id, struct bk_err *err)
{
	uint32_t len = htobe32((uint32_t)(line->out.len - sizeof(len)));

	memcpy(line->out.data, &len, sizeof(len));
	*id = line->next_id;
	if (bk_ssh_write(line->ssh, line->out.data, line->out.len, err) < 0)
		return failed(line, err);
	line->unanswered++;
	return 0;
}

/* ---- being answered ---- */

int bk_sftp_nonsense(struct bk_sftp_line *line, struct bk_err *err)
{
	line->broken = true;
	(void)bk_fail(err, BK_LOST, "the server says what is no SFTP");
	return -1;
}

static struct bk_view take(struct bk_sftp_answer *answer, size_t n)
{
	struct bk_view taken = {answer->left.data, n};

	if (n > answer->left.len)
		answer->bad = true;
	if (answer->bad)
		return (struct bk_view){0};
	answer->left.data += n;
	answer->left.len -= n;
	return taken;
}

uint32_t bk_sftp_get_u32(struct bk_sftp_answer *answer)
{
	struct bk_view bytes = take(answer, sizeof(uint32_t));
	uint32_t value = 0;

	if (bytes.data)
		memcpy(&value, bytes.data, sizeof(value));
	return be32toh(value);
}

uint64_t bk_sftp_get_u64(struct bk_sftp_answer *answer)
{
	uint64_t high = bk_sftp_get_u32(answer);

	return high << 32 | bk_sftp_get_u32(answer);
}

struct bk_view bk_sftp_get_bytes(struct bk_sftp_answer *answer)
{
	return take(answer, bk_sftp_get_u32(answer));
}

void bk_sftp_get_attrs(struct bk_sftp_answer *answer, struct bk_sftp_attrs *out)
{
	*out = (struct bk_sftp_attrs){.has = bk_sftp_get_u32(answer)};
	if (out->has & BK_SFTP_HAS_SIZE)
		out->size = bk_sftp_get_u64(answer);
	if (out->has & BK_SFTP_HAS_OWNERS)
		(void)bk_sftp_get_u64(answer);
	if (out->has & BK_SFTP_HAS_MODE)
		out->mode = bk_sftp_get_u32(answer);
	if (out->has & BK_SFTP_HAS_TIMES) {
		(void)bk_sftp_get_u32(answer);
		out->mtime = bk_sftp_get_u32(answer);
	}
	if (out->has & BK_SFTP_HAS_MORE)
		for (uint32_t n = bk_sftp_get_u32(answer);
		     n > 0 && !answer->bad; n--) {
			(void)bk_sftp_get_bytes(answer);
			(void)bk_sftp_get_bytes(answer);
		}
}

static int receive(struct bk_sftp_line *line, struct bk_sftp_answer *out,
		   struct bk_err *err)
{
	uint32_t len = 0;

	if (bk_ssh_read(line->ssh, &len, sizeof(len), false, err) < 0)
		return -1;
	len = be32toh(len);
	if (len == 0 || len > ANSWER_MAX)
		return bk_sftp_nonsense(line, err);
	line->in.len = 0;
	uint8_t *body = bk_buf_grow(&line->in, len);
	if (bk_ssh_read(line->ssh, body, len, true, err) < 0)
		return -1;
	*out = (struct bk_sftp_answer){
		.type = body[0], .left = {body + 1, len - 1}
        };
	return 0;
}

int bk_sftp_receive(struct bk_sftp_line *line, struct bk_sftp_answer *out,
		    struct bk_err *err)
{
	if (receive(line, out, err) < 0)
		return failed(line, err);
	if (line->unanswered == 0)
		return bk_sftp_nonsense(line, err);
	line->unanswered--;
	out->id = bk_sftp_get_u32(out);
	return bk_sftp_check(line, out, err);
}

int bk_sftp_check(struct bk_sftp_line *line,
		  const struct bk_sftp_answer *answer, struct bk_err *err)
{
	return answer->bad ? bk_sftp_nonsense(line, err) : 0;
}

static uint32_t code_of(const struct bk_sftp_answer *answer)
{
	struct bk_sftp_answer copy = *answer;

	return bk_sftp_get_u32(&copy);
}

bool bk_sftp_is_end(const struct bk_sftp_answer *answer)
{
	return answer->type == BK_SFTP_STATUS && code_of(answer) == AT_END;
}

bool bk_sftp_is_denied(const struct bk_sftp_answer *answer)
{
	uint32_t code = code_of(answer);

	return answer->type == BK_SFTP_STATUS &&
	       (code == OP_UNSUPPORTED || code == PERMISSION_DENIED);
}

static int refused(struct bk_sftp_line *line, struct bk_sftp_answer *answer,
		   struct bk_err *err)
{
	static const struct {
		enum bk_kind kind;
		const char *text;
	} known[] = {
		[DONE] = {BK_LOST,    "done, and it is not"   },
		[AT_END] = {BK_CORRUPT, "it ends before"        },
		[NO_SUCH_FILE] = {BK_GONE,    "it is not there"       },
		[PERMISSION_DENIED] = {BK_DENIED,
                          "permission denied; may this login do "
				       "that?"                },
		[FAILURE] = {BK_FAILED,  "failure"               },
		[BAD_MESSAGE] = {BK_FAILED,  "it did not understand" },
		[NO_CONNECTION] = {BK_LOST,    "no connection"         },
		[CONNECTION_LOST] = {BK_LOST,    "the connection is lost"},
		[OP_UNSUPPORTED] = {BK_FAILED,  "it cannot do that"     },
	};
	uint32_t code = bk_sftp_get_u32(answer);
	struct bk_view words = bk_sftp_get_bytes(answer);
	struct bk_buf said = {0};

	if (code >= sizeof(known) / sizeof(known[0]))
		code = FAILURE;
	bk_fail(err, known[code].kind, "%s", known[code].text);
	if (code == FAILURE && words.len > 0) {
		bk_escape(&said, words.data,
			  words.len < WORDS_MAX ? words.len : WORDS_MAX);
		bk_fail(err, BK_FAILED, "the server says \"%s\"",
			bk_buf_text(&said));
		bk_buf_clear(&said);
	}
	line->broken = line->broken || err->kind == BK_LOST;
	return -1;
}

int bk_sftp_expect(struct bk_sftp_line *line, struct bk_sftp_answer *answer,
		   uint8_t type, struct bk_err *err)
{
	bool status = answer->type == BK_SFTP_STATUS;

	if (answer->type != type && !status)
		return bk_sftp_nonsense(line, err);
	if (answer->type == type &&
	    (!status || (answer->left.len >= 4 && code_of(answer) == DONE)))
		return 0;
	return refused(line, answer, err);
}

int bk_sftp_ask(struct bk_sftp_line *line, struct bk_sftp_answer *out,
		struct bk_err *err)
{
	uint32_t id;

	if (bk_sftp_send(line, &id, err) < 0)
		return -1;
	do
		if (bk_sftp_receive(line, out, err) < 0)
			return -1;
	while (out->id != id && line->unanswered > 0);
	return out->id == id ? 0 : bk_sftp_nonsense(line, err);
}

int bk_sftp_do(struct bk_sftp_line *line, struct bk_err *err)
{
	struct bk_sftp_answer answer;

	if (bk_sftp_ask(line, &answer, err) < 0)
		return -1;
	return bk_sftp_expect(line, &answer, BK_SFTP_STATUS, err);
}

int bk_sftp_ask_handle(struct bk_sftp_line *line, struct bk_buf *out,
		       struct bk_err *err)
{
	struct bk_sftp_answer answer;

	if (bk_sftp_ask(line, &answer, err) < 0 ||
	    bk_sftp_expect(line, &answer, BK_SFTP_HANDLE, err) < 0)
		return -1;
	struct bk_view handle = bk_sftp_get_bytes(&answer);
	out->len = 0;
	bk_buf_add(out, handle.data, handle.len);
	return bk_sftp_check(line, &answer, err);
}

int bk_sftp_ask_attrs(struct bk_sftp_line *line, const char *name,
		      struct bk_sftp_attrs *out, struct bk_err *err)
{
	struct bk_sftp_answer answer;

	bk_sftp_begin(line, BK_SFTP_STAT);
	bk_sftp_add_path(line, name);
	if (bk_sftp_ask(line, &answer, err) < 0 ||
	    bk_sftp_expect(line, &answer, BK_SFTP_ATTRS, err) < 0)
		return -1;
	bk_sftp_get_attrs(&answer, out);
	return bk_sftp_check(line, &answer, err);
}

int bk_sftp_settle(struct bk_sftp_line *line, struct bk_err *err)
{
	struct bk_sftp_answer ignored;

	while (line->unanswered > 0)
		if (bk_sftp_receive(line, &ignored, err) < 0)
			return -1;
	return 0;
}

/* ---- the begin ---- */

static bool is(struct bk_view name, const char *text)
{
	return name.len == strlen(text) &&
	       memcmp(name.data, text, name.len) == 0;
}

/* What the server can beyond the protocol. */
static int learn(struct bk_sftp_line *line, struct bk_sftp_answer *answer,
		 struct bk_err *err)
{
	uint32_t version = bk_sftp_get_u32(answer);

	if (answer->type != VERSION || answer->bad)
		return bk_sftp_nonsense(line, err);
	if (version != THREE)
		return bk_fail(err, BK_FAILED,
			       "the server speaks SFTP %u, and not 3",
			       (unsigned)version);
	while (answer->left.len > 0 && !answer->bad) {
		struct bk_view name = bk_sftp_get_bytes(answer);
		struct bk_view value = bk_sftp_get_bytes(answer);
		line->has_fsync |=
			is(name, "fsync@openssh.com") && is(value, "1");
		line->has_statvfs |=
			is(name, "statvfs@openssh.com") && is(value, "2");
	}
	return bk_sftp_check(line, answer, err);
}

static int agree(struct bk_sftp_line *line, struct bk_err *err)
{
	struct bk_sftp_answer answer;
	uint32_t id;

	bk_sftp_begin(line, INIT);
	bk_sftp_add_u32(line, THREE);
	if (bk_sftp_send(line, &id, err) < 0 || receive(line, &answer, err) < 0)
		return -1;
	line->unanswered = 0;
	return learn(line, &answer, err);
}

int bk_sftp_line_open(struct bk_sftp_line **out, struct bk_link *link,
		      const char *root, bool tidying, struct bk_err *err)
{
	struct bk_sftp_line *line = bk_alloc(sizeof(*line));

	line->root = root;
	if (bk_ssh_open(&line->ssh, link, tidying, err) < 0 ||
	    agree(line, err) < 0) {
		bk_sftp_line_close(line);
		return -1;
	}
	*out = line;
	return 0;
}

void bk_sftp_line_close(struct bk_sftp_line *line)
{
	if (!line)
		return;
	bk_ssh_close(line->ssh);
	bk_buf_clear(&line->out);
	bk_buf_clear(&line->in);
	free(line);
}

bool bk_sftp_line_stands(struct bk_sftp_line *line)
{
	struct bk_err ignored = {0};

	return bk_sftp_settle(line, &ignored) == 0 && bk_ssh_is_idle(line->ssh);
}
