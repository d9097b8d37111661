/* Getting over SFTP: see sftp_session.h. */

#include "target/sftp_session.h"

#include <stdlib.h>

/* Requests on their way at a time: as much as SSH lets come unasked. */
#define WINDOW 40

/* One of them; what came before its turn is kept. */
struct slot {
	uint32_t id;
	uint64_t offset;
	uint32_t want; /* bytes */
	struct bk_buf came;
	bool has_come;
};

struct reading {
	struct bk_sftp_line *line;
	struct bk_buf handle;
	uint64_t next, end; /* what is still to be asked for */
	struct slot slots[WINDOW];
	unsigned first, n; /* of the slots in use, a ring */
	struct bk_sink *to;
};

static int ends_before(struct bk_err *err)
{
	return bk_fail(err, BK_CORRUPT, "it ends before");
}

static int ask(struct reading *reading, struct slot *slot, struct bk_err *err)
{
	struct bk_sftp_line *line = reading->line;

	bk_sftp_begin(line, BK_SFTP_READ);
	bk_sftp_add_bytes(line, bk_buf_view(&reading->handle));
	bk_sftp_add_u64(line, slot->offset);
	bk_sftp_add_u32(line, slot->want);
	slot->has_come = false;
	slot->came.len = 0;
	return bk_sftp_send(line, &slot->id, err);
}

static int ask_ahead(struct reading *reading, struct bk_err *err)
{
	while (reading->n < WINDOW && reading->next < reading->end) {
		uint64_t left = reading->end - reading->next;
		struct slot *slot =
			&reading->slots[(reading->first + reading->n) % WINDOW];
		slot->offset = reading->next;
		slot->want =
			left < BK_SFTP_CHUNK ? (uint32_t)left : BK_SFTP_CHUNK;
		reading->n++;
		reading->next += slot->want;
		if (ask(reading, slot, err) < 0)
			return -1;
	}
	return 0;
}

/* Bytes of the first slot go to the caller; a server may give fewer than it was
 * asked for, and is asked for the rest. */
static int deliver(struct reading *reading, struct bk_view bytes,
		   struct bk_err *err)
{
	struct slot *slot = &reading->slots[reading->first];

	if (bytes.len == 0)
		return bk_sftp_nonsense(reading->line, err);
	if (reading->to->write(reading->to, bytes.data, bytes.len, err) < 0)
		return -1;
	slot->offset += bytes.len;
	slot->want -= (uint32_t)bytes.len;
	if (slot->want > 0)
		return ask(reading, slot, err);
	reading->first = (reading->first + 1) % WINDOW;
	reading->n--;
	return 0;
}

/* What waited for its turn. */
static int deliver_kept(struct reading *reading, struct bk_err *err)
{
	while (reading->n > 0 && reading->slots[reading->first].has_come) {
		struct slot *slot = &reading->slots[reading->first];
		slot->has_come = false;
		if (deliver(reading, bk_buf_view(&slot->came), err) < 0)
			return -1;
	}
	return 0;
}

/* Which one is it the answer to?  Mostly the first.  -1: none. */
static int find_slot(const struct reading *reading, uint32_t id)
{
	for (unsigned i = 0; i < reading->n; i++) {
		unsigned at = (reading->first + i) % WINDOW;
		if (reading->slots[at].id == id && !reading->slots[at].has_come)
			return (int)at;
	}
	return -1;
}

static int hear(struct reading *reading, struct bk_err *err)
{
	struct bk_sftp_line *line = reading->line;
	struct bk_sftp_answer answer;

	if (bk_sftp_receive(line, &answer, err) < 0)
		return -1;
	int at = find_slot(reading, answer.id);
	if (at < 0)
		return bk_sftp_nonsense(line, err);
	if (bk_sftp_expect(line, &answer, BK_SFTP_DATA, err) < 0)
		return -1;
	struct slot *slot = &reading->slots[at];
	struct bk_view bytes = bk_sftp_get_bytes(&answer);
	if (bk_sftp_check(line, &answer, err) < 0)
		return -1;
	if (bytes.len > slot->want)
		return bk_fail(err, BK_CORRUPT, "more came than was asked for");
	if ((unsigned)at == reading->first)
		return deliver(reading, bytes, err);
	bk_buf_add(&slot->came, bytes.data, bytes.len);
	slot->has_come = true;
	return 0;
}

static int read_all(struct reading *reading, struct bk_err *err)
{
	do {
		if (ask_ahead(reading, err) < 0 || hear(reading, err) < 0 ||
		    deliver_kept(reading, err) < 0)
			return -1;
	} while (reading->n > 0);
	return bk_sftp_close_unheard(reading->line,
				     bk_buf_view(&reading->handle), err);
}

static int get_range(struct bk_sftp_line *line, const char *name,
		     const struct bk_stretch *what, struct bk_sink *to,
		     struct bk_err *err)
{
	struct reading reading = {
		.line = line,
		.next = what->offset,
		.end = what->offset + what->len,
		.to = to,
	};

	if (bk_sftp_open_file(line, name, BK_SFTP_TO_READ, &reading.handle,
			      err) < 0)
		return bk_sftp_make_sure(line, err);
	int rc = read_all(&reading, err);
	/* What is on its way could be megabytes. */
	line->broken = line->broken || rc < 0;
	for (unsigned i = 0; i < WINDOW; i++)
		bk_buf_clear(&reading.slots[i].came);
	bk_buf_clear(&reading.handle);
	return rc;
}

static int check_end(struct bk_sftp_line *line, const char *name,
		     uint64_t offset, struct bk_err *err)
{
	uint64_t size = 0;

	if (bk_sftp_find_size(line, name, &size, err) < 0)
		return -1;
	return offset > size ? ends_before(err) : 0;
}

int bk_sftp_get(struct bk_target *target, const char *name, uint64_t offset,
		uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	const struct bk_stretch what = {offset, len};
	struct bk_sftp_line *line = NULL;

	int rc = bk_sftp_take(sftp, &line, err);
	if (rc == 0 && len == 0)
		rc = check_end(line, name, offset, err);
	else if (rc == 0 && offset > INT64_MAX - len)
		rc = ends_before(err);
	else if (rc == 0)
		rc = get_range(line, name, &what, to, err);
	bk_sftp_give(sftp, line);
	return rc < 0 ? bk_context(err, "%s/%s", target->where, name) : 0;
}
