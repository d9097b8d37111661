/*
 * The new file of a folder, written from the one that is there and from what
 * came: see mbox_writer.h.
 *
 * Which UIDVALIDITY a file has and which UID it gave out last stands in its
 * first message, or in a part that is none where there are no messages.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cancel.h"
#include "mail/flags.h"
#include "store/mbox_writer.h"
#include "store/mboxfrom.h"

#define OUT_FULL  ((size_t)256 << 10)
#define LINES_MAX 6

struct out {
	struct bk_sink sink; /* first */
	int fd;
	struct bk_buf waiting;
};

struct composing {
	struct bk_mbox_writer *w;
	struct bk_mbox_reader old, spool;
	struct out out;
	struct bk_mbox_frame frame;      /* of the set; empty: not to be used */
	uint32_t uid_validity, uid_last; /* of the new file; 0: none */
	bool based;                      /* they are written */
	bool open_end; /* the last part has nothing behind it */
	struct bk_buf lines[LINES_MAX];
	size_t n_lines;
	struct bk_buf head, shape;
};

static int write_out(struct bk_sink *sink, const void *data, size_t len,
		     struct bk_err *err)
{
	struct out *out = (struct out *)sink;

	bk_buf_add(&out->waiting, data, len);
	if (out->waiting.len < OUT_FULL)
		return 0;
	int rc = bk_fd_write(out->fd, out->waiting.data, out->waiting.len, err);
	out->waiting.len = 0;
	return rc;
}

/* ---- the file's own lines ---- */

static struct bk_buf *new_line(struct composing *it)
{
	struct bk_buf *line = &it->lines[it->n_lines++];

	line->len = 0;
	return line;
}

static bool is_word(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return *text != 0;
}

static bool has_passed(const struct composing *it,
		       const struct bk_mbox_want *marks)
{
	const char *passed = bk_flag_name(BK_FLAG_PASSED);

	for (uint16_t i = 0; i < marks->n_keywords; i++)
		if (strcasecmp(
			    it->w->writer.folder.keywords[marks->keywords[i]],
			    passed) == 0)
			return true;
	return false;
}

static void add_keywords(struct composing *it, const struct bk_mbox_want *marks)
{
	bool passed = marks->flags & BK_FLAG_PASSED && !has_passed(it, marks);

	if (!marks->n_keywords && !passed)
		return;
	struct bk_buf *line = new_line(it);
	bk_buf_printf(line, "X-Keywords:");
	for (uint16_t i = 0; i < marks->n_keywords; i++) {
		const char *name =
			it->w->writer.folder.keywords[marks->keywords[i]];
		if (is_word(name))
			bk_buf_printf(line, " %s", name);
		else
			it->w->lost_keywords = true;
	}
	if (passed)
		bk_buf_printf(line, " %s", bk_flag_name(BK_FLAG_PASSED));
}

static void add_flags(struct composing *it, const struct bk_mbox_want *marks)
{
	static const struct {
		uint8_t flag;
		char letter;
	} more[] = {
		{BK_FLAG_ANSWERED, 'A'},
		{BK_FLAG_FLAGGED,  'F'},
		{BK_FLAG_DRAFT,    'T'},
		{BK_FLAG_DELETED,  'D'}
        };
	uint8_t rest =
		marks->flags & (uint8_t) ~(BK_FLAG_SEEN | BK_FLAG_PASSED);

	if (marks->flags & BK_FLAG_SEEN || marks->uid)
		bk_buf_printf(new_line(it), "Status: %sO",
			      marks->flags & BK_FLAG_SEEN ? "R" : "");
	if (!rest)
		return;
	struct bk_buf *line = new_line(it);
	bk_buf_printf(line, "X-Status: ");
	for (size_t i = 0; i < 4; i++)
		if (rest & more[i].flag)
			bk_buf_add_u8(line, (uint8_t)more[i].letter);
}

static void make_shape(struct composing *it, const struct bk_mbox_want *marks,
		       bool length)
{
	it->n_lines = 0;
	if (it->uid_validity && !it->based)
		bk_buf_printf(new_line(it), "X-IMAPbase: %u %010u",
			      it->uid_validity, it->uid_last);
	it->based = true;
	if (marks->uid)
		bk_buf_printf(new_line(it), "X-UID: %c", BK_MBOX_SHAPE_UID);
	add_flags(it, marks);
	add_keywords(it, marks);
	if (length)
		bk_buf_printf(new_line(it), "Content-Length: %c",
			      BK_MBOX_SHAPE_BODY);
	bk_mbox_shape_make(&it->shape, bk_buf_view(&it->head), it->lines,
			   it->n_lines);
}

/* ---- messages ---- */

struct rest {
	struct bk_mbox_reader *reader;
	uint64_t at, end;
};

static int copy_rest(void *arg, uint64_t from, struct bk_sink *to,
		     struct bk_err *err)
{
	struct rest *rest = arg;

	(void)from;
	return bk_mbox_copy(rest->reader,
			    (struct bk_stretch){rest->at, rest->end - rest->at},
			    to, err);
}

/* The header of a message that came, without lines that only the file may
 * have; how long it was. */
static int read_head(struct composing *it, const struct bk_mbox_staged *staged,
		     bool plain, bool *ends, size_t *len, struct bk_err *err)
{
	struct bk_mbox_part part = {.content = staged->bytes.offset,
				    .end = staged->bytes.offset +
					   staged->bytes.len};
	size_t at = 0;

	if (bk_mbox_head_read(&it->spool, &part, err) < 0)
		return -1;
	const struct bk_buf *head = &it->spool.head;
	it->head.len = 0;
	for (size_t i = 0; i < it->spool.n_lines && !plain; i++) {
		const struct bk_mbox_line *line = &it->spool.lines[i];
		if (line->at > at)
			bk_buf_add(&it->head, head->data + at, line->at - at);
		at = line->at + line->len;
	}
	if (at)
		it->w->n_dropped++;
	if (head->len > at)
		bk_buf_add(&it->head, head->data + at, head->len - at);
	*len = head->len;
	*ends = it->spool.head_ends;
	return 0;
}

/* shape: the set's for this message, or empty. */
static int write_staged(struct composing *it,
			const struct bk_mbox_staged *staged,
			struct bk_view shape, struct bk_err *err)
{
	struct bk_mbox_want marks = {staged->uid, staged->flags,
				     staged->n_keywords, staged->keywords};
	struct rest rest = {.reader = &it->spool,
			    .end = staged->bytes.offset + staged->bytes.len};
	struct bk_mbox_written what = {
		.from = staged->from, .rest = copy_rest, .arg = &rest};
	size_t len;
	bool ends;

	if (!it->w->writer.keeps_uids)
		marks.uid = 0;
	bool given =
		shape.len && bk_mbox_shape_says(shape, &marks,
						it->w->writer.folder.keywords);
	if (read_head(it, staged, given && bk_mbox_shape_is_plain(shape), &ends,
		      &len, err) < 0)
		return -1;
	if (given) {
		it->shape.len = 0;
		bk_buf_add(&it->shape, shape.data, shape.len);
		if (it->uid_validity && !it->based)
			bk_mbox_raise_last(&it->shape, it->uid_last);
		it->based = true;
	} else {
		make_shape(it, &marks, ends);
	}
	rest.at = staged->bytes.offset + len;
	what.shape = bk_buf_view(&it->shape);
	what.uid = marks.uid;
	what.head = bk_buf_view(&it->head);
	what.size = it->head.len + rest.end - rest.at;
	return bk_mbox_write(&what, &it->out.sink, err);
}

static int write_changed(struct composing *it, const struct bk_mbox_part *part,
			 const struct bk_mbox_want *marks, struct bk_err *err)
{
	struct rest rest = {.reader = &it->old, .end = part->end};
	struct bk_mbox_written what = {
		.uid = marks->uid, .rest = copy_rest, .arg = &rest};
	size_t at = 0;

	if (bk_mbox_part_look(&it->old, part, err) < 0)
		return -1;
	it->head.len = 0;
	for (size_t i = 0; i < it->old.n_lines; i++) {
		const struct bk_mbox_line *line = &it->old.lines[i];
		if (line->at > at)
			bk_buf_add(&it->head, it->old.head.data + at,
				   line->at - at);
		at = line->at + line->len;
	}
	if (it->old.head.len > at)
		bk_buf_add(&it->head, it->old.head.data + at,
			   it->old.head.len - at);
	make_shape(it, marks, it->old.head_ends);
	rest.at = part->content + it->old.head.len;
	what.from = bk_buf_view(&it->old.from);
	what.shape = bk_buf_view(&it->shape);
	what.head = bk_buf_view(&it->head);
	what.size = it->head.len + rest.end - rest.at;
	return bk_mbox_write(&what, &it->out.sink, err);
}

/* A message that is there: as it lies, unless something is to become of it. */
static int write_present(struct composing *it, size_t place, struct bk_err *err)
{
	struct bk_mbox_writer *w = it->w;
	uint32_t i = w->file.frame.places[place].message;
	const struct bk_message *msg = &w->file.list.items[i];
	const struct bk_mbox_part *part = &w->file.parts[i];
	const struct bk_mbox_change *change = bk_mbox_change_of(w, msg->name);
	uint16_t keywords[256];
	struct bk_mbox_want marks = {msg->uid, msg->flags, 0, keywords};

	if (change && change->remove)
		return 0;
	if (change) {
		marks.flags = change->flags;
		marks.n_keywords = change->n_keywords;
		marks.keywords = change->keywords;
		return write_changed(it, part, &marks, err);
	}
	if (it->uid_validity && !it->based && place > 0) {
		for (; marks.n_keywords < msg->n_keywords; marks.n_keywords++)
			keywords[marks.n_keywords] = bk_folder_keyword(
				&w->writer.folder,
				w->here.keywords
					[msg->keywords[marks.n_keywords]]);
		return write_changed(it, part, &marks, err);
	}
	it->based = true;
	struct bk_stretch bytes = {part->at, part->next - part->at};
	if (!part->separator && part->next == it->old.size)
		it->open_end = true;
	return bk_mbox_copy(&it->old, bytes, &it->out.sink, err);
}

/* ---- the whole ---- */

static int by_uid(const void *left, const void *right)
{
	const struct bk_mbox_staged *a = left, *b = right;

	if (!a->uid != !b->uid)
		return a->uid ? -1 : 1;
	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	int order = strcmp(a->name, b->name);
	return order ? order
		     : (a->bytes.offset > b->bytes.offset) -
			       (a->bytes.offset < b->bytes.offset);
}

static int in_set_order(const void *left, const void *right)
{
	const struct bk_mbox_staged *a = left, *b = right;

	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool has_no_other(struct bk_view here, struct bk_view set)
{
	return !here.len || (here.len == set.len &&
			     memcmp(here.data, set.data, here.len) == 0);
}

/* Is the frame of the set for what came, and would no text that is there go?
 * Messages are in the set's order then. */
static bool take_frame(struct composing *it)
{
	struct bk_mbox_writer *w = it->w;
	struct bk_view value = bk_mbox_annotation(w->want, BK_MBOX_FRAME);
	uint8_t sum[BK_MBOX_FRAME_SUM];
	struct bk_err ignored = {0};

	if (!value.len || w->file.list.n ||
	    (w->want->uid_validity && !w->writer.keeps_uids) ||
	    bk_mbox_frame_decode(value, &it->frame, &ignored) < 0 ||
	    it->frame.n != w->n_staged ||
	    !has_no_other(w->file.frame.prologue, it->frame.prologue) ||
	    !has_no_other(w->file.frame.pseudo, it->frame.pseudo))
		return false;
	if (w->n_staged)
		qsort(w->staged, w->n_staged, sizeof(*w->staged), in_set_order);
	struct bk_message *msgs = bk_alloc((w->n_staged + 1) * sizeof(*msgs));
	for (size_t i = 0; i < w->n_staged; i++) {
		msgs[i].uid = w->staged[i].uid;
		msgs[i].name = w->staged[i].name;
	}
	bk_mbox_frame_sum(msgs, w->n_staged, sum);
	free(msgs);
	return memcmp(sum, it->frame.sum, sizeof(sum)) == 0;
}

static int write_framed(struct composing *it, struct bk_err *err)
{
	const struct bk_mbox_frame *frame = &it->frame;
	struct bk_view prologue = frame->prologue;
	int rc = 0;

	if (prologue.len)
		rc = write_out(&it->out.sink, prologue.data, prologue.len, err);
	if (rc == 0 && frame->pseudo.len) {
		it->head.len = 0;
		bk_buf_add(&it->head, frame->pseudo.data, frame->pseudo.len);
		if (it->uid_validity)
			bk_mbox_raise_last(&it->head, it->uid_last);
		it->based = true;
		rc = write_out(&it->out.sink, it->head.data, it->head.len, err);
	}
	for (size_t i = 0; i < frame->n && rc == 0; i++) {
		const struct bk_mbox_place *place = &frame->places[i];
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = write_staged(it, &it->w->staged[place->message],
					  frame->shapes[place->shape], err);
	}
	return rc;
}

static int write_pseudo(struct composing *it, struct bk_err *err)
{
	static const struct bk_view sender = {(const uint8_t *)"MAILER_DAEMON",
					      13};
	struct bk_buf text = {0};

	bk_mbox_from_write(&text, sender, 0);
	bk_buf_printf(&text,
		      "\nFrom: Mail System Internal Data <MAILER-DAEMON>\n"
		      "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL "
		      "DATA\nX-IMAP: %u %010u\nStatus: RO\n\n"
		      "This text is part of the internal format of your mail "
		      "folder, and is not\na real message.  It is created "
		      "automatically by the mail system software.\nIf deleted, "
		      "important folder data will be lost, and it will be "
		      "re-created\nwith the data reset to initial values.\n\n",
		      it->uid_validity, it->uid_last);
	int rc = write_out(&it->out.sink, text.data, text.len, err);
	bk_buf_clear(&text);
	it->based = true;
	return rc;
}

static int write_prologue(struct composing *it, struct bk_view text,
			  struct bk_err *err)
{
	if (write_out(&it->out.sink, text.data, text.len, err) < 0)
		return -1;
	return text.data[text.len - 1] == '\n'
		       ? 0
		       : write_out(&it->out.sink, "\n", 1, err);
}

/* What is there, then what came; those that get UIDs before all others, since
 * UIDs ascend. */
static int write_merged(struct composing *it, struct bk_err *err)
{
	struct bk_mbox_writer *w = it->w;
	const struct bk_mbox_frame *here = &w->file.frame;
	bool first = w->writer.keeps_uids;
	size_t at = 0;
	int rc = 0;

	if (w->n_staged)
		qsort(w->staged, w->n_staged, sizeof(*w->staged), by_uid);
	if (here->prologue.len)
		rc = write_prologue(it, here->prologue, err);
	if (rc == 0 && here->pseudo.len && !first) {
		rc = write_out(&it->out.sink, here->pseudo.data,
			       here->pseudo.len, err);
		it->based = true;
	}
	for (; rc == 0 && first && at < w->n_staged && w->staged[at].uid; at++)
		rc = write_staged(it, &w->staged[at], (struct bk_view){0}, err);
	for (size_t i = 0; i < here->n && rc == 0; i++)
		rc = write_present(it, i, err);
	if (rc == 0 && it->open_end && at < w->n_staged)
		rc = write_out(&it->out.sink, "\n", 1, err);
	for (; rc == 0 && at < w->n_staged; at++)
		rc = write_staged(it, &w->staged[at], (struct bk_view){0}, err);
	if (rc == 0 && it->uid_validity && !it->based)
		rc = write_pseudo(it, err);
	return rc;
}

/* UIDVALIDITY and last UID of the new file. */
static void choose_base(struct composing *it)
{
	struct bk_mbox_writer *w = it->w;

	it->uid_validity = w->file.uid_validity;
	it->uid_last = w->file.uid_last;
	if (!w->writer.keeps_uids)
		return;
	it->uid_validity = w->want->uid_validity;
	it->uid_last = w->want->uid_next ? w->want->uid_next - 1 : 0;
	for (size_t i = 0; i < w->n_staged; i++)
		if (w->staged[i].uid > it->uid_last)
			it->uid_last = w->staged[i].uid;
	if (it->uid_last < UINT32_MAX - 2 - w->uid_gap)
		it->uid_last += w->uid_gap;
	else if (it->uid_last < UINT32_MAX - 2)
		it->uid_last = UINT32_MAX - 2;
	w->result.uid_next = it->uid_last + 1;
}

int bk_mbox_compose(struct bk_mbox_writer *w, int old, int to,
		    struct bk_err *err)
{
	struct composing it = {
		.w = w,
		.old = {.fd = old,           .size = (uint64_t)w->st.st_size},
		.spool = {.fd = w->spool,      .size = w->spooled             },
		.out = {.sink = {write_out}, .fd = to                       },
	};

	choose_base(&it);
	int rc = take_frame(&it) ? write_framed(&it, err)
				 : write_merged(&it, err);
	if (rc == 0)
		rc = bk_fd_write(to, it.out.waiting.data, it.out.waiting.len,
				 err);
	bk_mbox_reader_close(&it.old);
	bk_mbox_reader_close(&it.spool);
	bk_mbox_frame_clear(&it.frame);
	for (size_t i = 0; i < LINES_MAX; i++)
		bk_buf_clear(&it.lines[i]);
	bk_buf_clear(&it.out.waiting);
	bk_buf_clear(&it.head);
	bk_buf_clear(&it.shape);
	return rc;
}
