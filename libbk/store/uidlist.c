/* Lists of UIDs, Dovecot's and Courier's: see uidlist.h. */

#include "store/uidlist.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

#define STEP         ((size_t)256 << 10)
#define LINE_MAX_LEN ((size_t)64 << 10)

/* What is left of a line being taken apart. */
struct text {
	const char *at;
	const char *end;
};

static bool take_number(struct text *t, uint32_t *out)
{
	uint64_t value = 0;
	const char *start = t->at;

	while (t->at < t->end && isdigit((unsigned char)*t->at)) {
		value = value * 10 + (uint64_t)(*t->at++ - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)value;
	return t->at > start;
}

static void skip_spaces(struct text *t)
{
	while (t->at < t->end && *t->at == ' ')
		t->at++;
}

static struct bk_view take_word(struct text *t)
{
	const char *start = t->at;
	const char *space = memchr(start, ' ', (size_t)(t->end - start));

	t->at = space ? space : t->end;
	struct bk_view word = {(const uint8_t *)start, (size_t)(t->at - start)};
	skip_spaces(t);
	return word;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_guid(struct bk_view hex, uint8_t guid[16])
{
	if (hex.len != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		int high = hex_digit(hex.data[2 * i]);
		int low = hex_digit(hex.data[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		guid[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool number_of(struct bk_view word, uint32_t *out)
{
	struct text t = {(const char *)word.data,
			 (const char *)word.data + word.len};

	return take_number(&t, out) && t.at == t.end;
}

static bool read_header_word(struct bk_uidlist_header *header,
			     struct bk_view word)
{
	struct bk_view value = {word.data + 1, word.len - 1};

	switch (word.data[0]) {
	case 'V':
		return number_of(value, &header->uid_validity);
	case 'N':
		return number_of(value, &header->uid_next);
	case 'G':
		header->has_guid = read_guid(value, header->guid);
		return header->has_guid;
	default: /* of a newer Dovecot */
		return true;
	}
}

static bool read_header(struct bk_uidlist_reader *reader, struct text t)
{
	struct bk_uidlist_header *header = &reader->header;

	if (t.end - t.at < 2 || t.at[0] < '1' || t.at[0] > '3' ||
	    t.at[1] != ' ')
		return false;
	reader->version = t.at[0] - '0';
	t.at += 2;
	skip_spaces(&t);
	if (reader->version < 3) {
		if (!take_number(&t, &header->uid_validity))
			return false;
		skip_spaces(&t);
		if (!take_number(&t, &header->uid_next))
			return false;
	}
	while (reader->version == 3 && t.at < t.end)
		if (!read_header_word(header, take_word(&t)))
			return false;
	return header->uid_validity && header->uid_next;
}

/* Reads more behind what is left of the buffer; 1, 0 at the end of the file. */
static int fill(struct bk_uidlist_reader *reader, struct bk_err *err)
{
	struct bk_buf *buf = &reader->buf;
	size_t left = buf->len - reader->at;
	ssize_t n;

	if (left && reader->at)
		memmove(buf->data, buf->data + reader->at, left);
	buf->len = left;
	reader->at = 0;
	do {
		n = read(reader->fd, bk_buf_room(buf, reader->step),
			 reader->step);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return bk_fail_errno(err, "read");
	buf->len += (size_t)n;
	return n > 0;
}

/* The next whole line; what has no end yet is not there yet. */
static int next_line(struct bk_uidlist_reader *reader, struct text *line,
		     struct bk_err *err)
{
	size_t searched = 0;

	for (;;) {
		const char *start = (const char *)reader->buf.data + reader->at;
		size_t left = reader->buf.len - reader->at;
		const char *end =
			left ? memchr(start + searched, '\n', left - searched)
			     : NULL;
		if (end) {
			*line = (struct text){start, end};
			reader->at += (size_t)(end - start) + 1;
			return 1;
		}
		if (left > LINE_MAX_LEN)
			return bk_fail(err, BK_REFUSED,
				       "a line of more than %zu bytes",
				       LINE_MAX_LEN);
		searched = left;
		int rc = fill(reader, err);
		if (rc <= 0)
			return rc;
	}
}

/* Most lists are short, and the end of one is seen with the byte that is asked
 * for beyond it. */
static int first_line(struct bk_uidlist_reader *reader, const struct stat *st,
		      struct text *line, struct bk_err *err)
{
	bool small = st->st_size >= 0 && st->st_size < (off_t)STEP;

	reader->step = small ? (size_t)st->st_size + 1 : STEP;
	return next_line(reader, line, err);
}

int bk_uidlist_open(struct bk_uidlist_reader *reader, int dir, const char *name,
		    struct bk_err *err)
{
	struct bk_err why = {0};
	struct text line = {NULL, NULL};
	struct stat st;

	*reader = (struct bk_uidlist_reader){.fd = -1};
	reader->fd = bk_path_open(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY,
				  0, &why);
	if (reader->fd < 0 && why.kind == BK_GONE)
		return 0;
	if (reader->fd < 0) {
		*err = why;
		return -1;
	}
	int rc = 0;
	if (fstat(reader->fd, &st) < 0)
		rc = bk_fail_errno(err, "stat");
	else if (!S_ISREG(st.st_mode))
		rc = bk_fail(err, BK_REFUSED, "not a regular file");
	else
		rc = first_line(reader, &st, &line, err);
	if (rc > 0 && !read_header(reader, line))
		rc = 0;
	if (rc <= 0)
		bk_uidlist_close(reader);
	return rc < 0 ? bk_context(err, "%s", name) : rc;
}

/* The fields before ':' in version 3; version 2 has one, version 1 none. */
static bool read_fields(struct bk_uidlist_reader *reader, struct text *t,
			struct bk_view *fields)
{
	const char *start = t->at;
	const char *end = start;

	if (reader->version == 2)
		(void)take_word(t);
	while (reader->version == 3 && t->at < t->end && *t->at != ':') {
		struct bk_view word = take_word(t);
		end = (const char *)word.data + word.len;
	}
	*fields = (struct bk_view){(const uint8_t *)start,
				   reader->version == 3 ? (size_t)(end - start)
							: 0};
	if (reader->version == 3 && t->at < t->end)
		t->at++;
	return t->at < t->end;
}

static bool read_row(struct bk_uidlist_reader *reader, struct text t,
		     struct bk_uidlist_row *row)
{
	if (!take_number(&t, &row->uid) || row->uid <= reader->last_uid ||
	    row->uid == UINT32_MAX || t.at == t.end || *t.at != ' ')
		return false;
	skip_spaces(&t);
	if (!read_fields(reader, &t, &row->fields))
		return false;
	size_t len = (size_t)(t.end - t.at);
	const char *colon = memchr(t.at, ':', len);
	row->base.data = (const uint8_t *)t.at;
	row->base.len = colon ? (size_t)(colon - t.at) : len;
	return bk_path_is_name(t.at, row->base.len);
}

int bk_uidlist_next(struct bk_uidlist_reader *reader,
		    struct bk_uidlist_row *row, struct bk_err *err)
{
	struct text line = {NULL, NULL};
	int rc;

	while ((rc = next_line(reader, &line, err)) > 0) {
		if (read_row(reader, line, row)) {
			reader->last_uid = row->uid;
			if (reader->header.uid_next <= row->uid)
				reader->header.uid_next = row->uid + 1;
			return 1;
		}
		reader->n_bad++;
	}
	return rc;
}

void bk_uidlist_close(struct bk_uidlist_reader *reader)
{
	bk_path_close(&reader->fd);
	bk_buf_clear(&reader->buf);
}

void bk_uidlist_add_header(struct bk_buf *out,
			   const struct bk_uidlist_header *header, bool courier)
{
	if (courier) {
		bk_buf_printf(out, "1 %u %u\n", header->uid_validity,
			      header->uid_next);
		return;
	}
	bk_buf_printf(out, "3 V%u N%u", header->uid_validity, header->uid_next);
	for (size_t i = 0; header->has_guid && i < 16; i++)
		bk_buf_printf(out, i ? "%02x" : " G%02x", header->guid[i]);
	bk_buf_add_u8(out, '\n');
}

void bk_uidlist_add_row(struct bk_buf *out, const struct bk_uidlist_row *row,
			bool courier)
{
	bk_buf_printf(out, "%u ", row->uid);
	if (row->fields.len && !courier) {
		bk_buf_add(out, row->fields.data, row->fields.len);
		bk_buf_add_u8(out, ' ');
	}
	if (!courier)
		bk_buf_add_u8(out, ':');
	bk_buf_add(out, row->base.data, row->base.len);
	bk_buf_add_u8(out, '\n');
}

struct bk_view bk_uidlist_field(struct bk_view fields, char key)
{
	struct text t = {(const char *)fields.data,
			 (const char *)fields.data + fields.len};

	while (t.at < t.end) {
		struct bk_view word = take_word(&t);
		if (word.len && word.data[0] == (uint8_t)key)
			return (struct bk_view){word.data + 1, word.len - 1};
	}
	return (struct bk_view){0};
}
