/* Listing all of an mbox file: see mboxfile.h. */

#include "store/mboxfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "crypto/digest.h"
#include "store/mboxname.h"
#include "store/mboxshape.h"
#include "store/name_table.h"

struct reading {
	struct bk_mbox_file *file;
	struct bk_folder *folder;
	struct bk_mbox_reader reader, proof;
	bool places; /* names begin with them, and all messages are plain */
	bool first;
	uint32_t uid; /* the last that counted */
	struct bk_name_table shapes, names;
	struct bk_mbox_part *parts; /* in the file's order */
	size_t n, cap;
	struct bk_buf shape, head, name;
};

/* ---- proof ---- */

/* Compares what is written with what is there. */
struct check {
	struct bk_sink sink; /* first */
	struct bk_mbox_reader *reader;
	uint64_t at;
	bool differs;
};

struct comparing {
	struct bk_sink sink; /* first */
	const uint8_t *with;
	bool differs;
};

static int compare(struct bk_sink *sink, const void *data, size_t len,
		   struct bk_err *err)
{
	struct comparing *it = (struct comparing *)sink;

	(void)err;
	it->differs |= memcmp(it->with, data, len) != 0;
	it->with += len;
	return 0;
}

static int check_bytes(struct bk_sink *sink, const void *data, size_t len,
		       struct bk_err *err)
{
	struct check *check = (struct check *)sink;
	struct comparing it = {{compare}, data, false};
	struct bk_stretch bytes = {check->at, len};

	if (check->differs || check->at + len > check->reader->size) {
		check->differs = true;
		return 0;
	}
	check->at += len;
	int rc = bk_mbox_copy(check->reader, bytes, &it.sink, err);
	check->differs |= it.differs;
	return rc;
}

struct rest {
	struct bk_mbox_reader *reader;
	const struct bk_mbox_part *part;
};

static int copy_rest(void *arg, uint64_t at, struct bk_sink *to,
		     struct bk_err *err)
{
	struct rest *rest = arg;
	uint64_t from = rest->part->content + rest->reader->head.len;

	(void)at;
	return bk_mbox_copy(rest->reader,
			    (struct bk_stretch){from, rest->part->end - from},
			    to, err);
}

/* The message's own header, without the file's lines. */
static void own_head(struct reading *it)
{
	const struct bk_mbox_reader *reader = &it->reader;
	size_t at = 0;

	it->head.len = 0;
	for (size_t i = 0; i < reader->n_lines; i++) {
		const struct bk_mbox_line *line = &reader->lines[i];
		if (line->at > at)
			bk_buf_add(&it->head, reader->head.data + at,
				   line->at - at);
		at = line->at + line->len;
	}
	if (reader->head.len > at)
		bk_buf_add(&it->head, reader->head.data + at,
			   reader->head.len - at);
}

/* 1: the part can be written again by its shape. */
static int prove(struct reading *it, const struct bk_mbox_part *part,
		 uint32_t uid, struct bk_err *err)
{
	struct check check = {{check_bytes}, &it->proof, part->at, false};
	struct rest rest = {&it->reader, part};
	struct bk_mbox_written what = {
		.shape = bk_buf_view(&it->shape),
		.from = bk_buf_view(&it->reader.from),
		.uid = uid,
		.rest = copy_rest,
		.arg = &rest,
	};
	bool ends;

	own_head(it);
	what.head = bk_buf_view(&it->head);
	what.size =
		it->head.len + part->end - part->content - it->reader.head.len;
	/* Who writes it again finds the header by himself. */
	if (it->reader.n_lines &&
	    (bk_mbox_head_length(what.head, &ends) != what.head.len ||
	     ends != it->reader.head_ends))
		return 0;
	if (bk_mbox_write(&what, &check.sink, err) < 0)
		return -1;
	return !check.differs && check.at == part->next;
}

/* ---- a message ---- */

static uint32_t number_of_shape(struct reading *it)
{
	struct bk_mbox_frame *frame = &it->file->frame;
	struct bk_name_key key =
		bk_name_table_key(&it->shapes, it->shape.data, it->shape.len);
	uint32_t number;
	size_t at = 0;

	if (bk_name_table_next(&it->shapes, key, &at, &number))
		return number;
	number = (uint32_t)frame->n_shapes;
	bk_name_table_add(&it->shapes, key, number);
	frame->shapes =
		bk_array_room(frame->shapes, frame->n_shapes,
			      &frame->cap_shapes, sizeof(*frame->shapes));
	frame->shapes[frame->n_shapes++] = (struct bk_view){
		bk_arena_memdup(&frame->arena, it->shape.data, it->shape.len),
		it->shape.len};
	return number;
}

struct hashing {
	struct bk_sink sink; /* first */
	struct bk_sha256 sha;
	uint64_t size;
};

static int hash(struct bk_sink *sink, const void *data, size_t len,
		struct bk_err *err)
{
	struct hashing *hashing = (struct hashing *)sink;

	(void)err;
	bk_sha256_update(&hashing->sha, data, len);
	hashing->size += len;
	return 0;
}

static const char *name_of(struct reading *it,
			   const uint8_t digest[BK_SHA256_LEN])
{
	struct bk_mbox_name name = {
		.place = it->places ? (int64_t)it->n : -1,
		.number = 1,
		.from = bk_buf_view(&it->reader.from),
	};
	struct bk_arena *arena = &it->file->list.arena;
	uint32_t unused;
	size_t at = 0;

	memcpy(name.digest, digest, sizeof(name.digest));
	bk_mbox_name_write(&it->name, &name);
	struct bk_name_key key =
		bk_name_table_key(&it->names, it->name.data, it->name.len);
	while (bk_name_table_next(&it->names, key, &at, &unused))
		name.number++;
	bk_name_table_add(&it->names, key, 0);
	if (name.number > 1)
		bk_mbox_name_write(&it->name, &name);
	return bk_arena_strndup(arena, (const char *)it->name.data,
				it->name.len);
}

static void add_keywords(struct reading *it, struct bk_view words,
			 struct bk_message *msg)
{
	struct bk_arena *arena = &it->file->list.arena;
	uint16_t some[256];
	struct bk_view word;
	uint16_t n = 0;

	while (n < 256 && bk_mbox_word(&words, &word)) {
		char *text = bk_strndup((const char *)word.data, word.len);
		uint16_t keyword = bk_folder_keyword(it->folder, text);
		free(text);
		if (keyword != BK_KEYWORD_NONE)
			some[n++] = keyword;
	}
	n = bk_keywords_sort(some, n);
	if (n && msg) {
		msg->n_keywords = n;
		msg->keywords = bk_arena_memdup(arena, some, n * sizeof(*some));
	}
}

static void read_marks(struct reading *it, struct bk_mbox_marks *marks)
{
	*marks = (struct bk_mbox_marks){0};
	for (size_t i = 0; i < it->reader.n_lines; i++)
		bk_mbox_marks_add(
			marks, it->reader.lines[i].field,
			bk_mbox_line_value(&it->reader, &it->reader.lines[i]));
	if (it->first && marks->has_base) {
		it->file->uid_validity = marks->uid_validity;
		it->file->uid_last = marks->uid_last;
		add_keywords(it, marks->base_keywords, NULL);
	}
	if (marks->uid <= it->uid || marks->uid > it->file->uid_last)
		marks->uid = 0;
	else
		it->uid = marks->uid;
}

static int choose_shape(struct reading *it, const struct bk_mbox_part *part,
			uint32_t uid, bool *plain, struct bk_err *err)
{
	int rc = !it->places &&
		 bk_mbox_shape_of(&it->reader, part, uid, &it->shape);

	if (rc)
		rc = prove(it, part, uid, err);
	*plain = rc == 0;
	if (*plain)
		bk_mbox_shape_plain(part, &it->shape);
	return rc < 0 ? -1 : 0;
}

static int add_message(struct reading *it, const struct bk_mbox_part *part,
		       struct bk_err *err)
{
	struct bk_mbox_frame *frame = &it->file->frame;
	struct hashing hashing = {.sink = {hash}};
	uint8_t digest[BK_SHA256_LEN];
	struct bk_mbox_marks marks;
	char where[100];
	bool plain;

	read_marks(it, &marks);
	if (choose_shape(it, part, marks.uid, &plain, err) < 0)
		return -1;
	bk_sha256_init(&hashing.sha);
	if (bk_mbox_part_copy(&it->reader, part, plain, &hashing.sink, err) < 0)
		return -1;
	bk_sha256_final(&hashing.sha, digest);
	struct bk_message *msg = bk_message_list_add(&it->file->list);
	msg->name = name_of(it, digest);
	(void)snprintf(where, sizeof(where), "%llu %llu %llu %d",
		       (unsigned long long)part->at,
		       (unsigned long long)part->content,
		       (unsigned long long)part->end, plain);
	msg->file = bk_arena_strdup(&it->file->list.arena, where);
	msg->uid = marks.uid;
	msg->flags = marks.flags;
	msg->date = part->date;
	msg->size = hashing.size;
	add_keywords(it, marks.keywords, msg);
	it->parts =
		bk_array_room(it->parts, it->n, &it->cap, sizeof(*it->parts));
	it->parts[it->n] = *part;
	frame->places = bk_array_room(frame->places, frame->n, &frame->cap,
				      sizeof(*frame->places));
	frame->places[frame->n++] =
		(struct bk_mbox_place){(uint32_t)it->n, number_of_shape(it)};
	it->n++;
	return 0;
}

/* "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA": no message, though it
 * looks like one, but what UW-IMAP, Pine and Dovecot know of the folder. */
static int add_pseudo(struct reading *it, const struct bk_mbox_part *part,
		      struct bk_err *err)
{
	struct bk_mbox_frame *frame = &it->file->frame;
	struct bk_buf bytes = {0};
	struct bk_buf_sink sink;
	struct bk_mbox_marks marks;

	read_marks(it, &marks);
	bk_buf_sink_init(&sink, &bytes, BK_MBOX_PROLOGUE_MAX);
	int rc = bk_mbox_copy(
		&it->reader,
		(struct bk_stretch){part->at, part->next - part->at},
		&sink.sink, err);
	if (rc == 0)
		frame->pseudo = (struct bk_view){
			bk_arena_memdup(&frame->arena, bytes.data, bytes.len),
			bytes.len};
	bk_buf_clear(&bytes);
	return rc;
}

static bool is_pseudo(const struct reading *it, const struct bk_mbox_part *part)
{
	if (!it->first || part->next - part->at > BK_MBOX_PROLOGUE_MAX)
		return false;
	for (size_t i = 0; i < it->reader.n_lines; i++)
		if (it->reader.lines[i].field == BK_MBOX_X_IMAP)
			return true;
	return false;
}

/* ---- the file ---- */

static int compare_order(const void *a, const void *b, void *items)
{
	const struct bk_message *list = items;

	return bk_message_compare(&list[*(const uint32_t *)a],
				  &list[*(const uint32_t *)b]);
}

/* From the file's order into the set's. */
static void sort(struct reading *it)
{
	struct bk_mbox_file *file = it->file;
	size_t n = it->n;
	uint32_t *order = bk_alloc((n + 1) * sizeof(*order));
	struct bk_message *items = bk_alloc((n + 1) * sizeof(*items));

	file->parts = bk_alloc((n + 1) * sizeof(*file->parts));
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	if (n)
		qsort_r(order, n, sizeof(*order), compare_order,
			file->list.items);
	for (size_t i = 0; i < n; i++) {
		items[i] = file->list.items[order[i]];
		file->parts[i] = it->parts[order[i]];
		file->frame.places[order[i]].message = (uint32_t)i;
	}
	free(file->list.items);
	free(order);
	file->list.items = items;
	file->list.cap = n + 1;
	bk_mbox_frame_sum(items, n, file->frame.sum);
}

static int read_parts(struct reading *it, struct bk_err *err)
{
	struct bk_mbox_part part;
	int rc;

	it->first = true;
	while ((rc = bk_mbox_part_next(&it->reader, &part, err)) > 0) {
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = is_pseudo(it, &part) ? add_pseudo(it, &part, err)
						  : add_message(it, &part, err);
		if (rc < 0)
			break;
		it->first = false;
	}
	return rc;
}

static int read_all(struct reading *it, int fd, uint64_t size,
		    struct bk_buf *frame, struct bk_err *err)
{
	struct bk_mbox_file *file = it->file;
	struct bk_buf prologue = {0};
	int rc = bk_mbox_reader_open(&it->reader, fd, size, &prologue, err);

	it->proof = (struct bk_mbox_reader){.fd = fd, .size = size};
	if (rc == 0 && prologue.len)
		file->frame.prologue = (struct bk_view){
			bk_arena_memdup(&file->frame.arena, prologue.data,
					prologue.len),
			prologue.len};
	if (rc == 0)
		rc = read_parts(it, err);
	if (rc == 0) {
		sort(it);
		rc = bk_mbox_frame_encode(&file->frame, frame, err);
	}
	bk_mbox_reader_close(&it->reader);
	bk_mbox_reader_close(&it->proof);
	bk_name_table_clear(&it->shapes);
	bk_name_table_clear(&it->names);
	bk_buf_clear(&prologue);
	bk_buf_clear(&it->shape);
	bk_buf_clear(&it->head);
	bk_buf_clear(&it->name);
	free(it->parts);
	return rc;
}

int bk_mbox_file_read(struct bk_mbox_file *out, int fd, uint64_t size,
		      struct bk_folder *folder, struct bk_err *err)
{
	struct bk_buf frame = {0};
	int rc = 0;

	for (int places = 0; places < 2; places++) {
		struct reading it = {
			.file = out, .folder = folder, .places = places};
		bk_mbox_file_clear(out);
		rc = read_all(&it, fd, size, &frame, err);
		if (rc < 0 || frame.len <= BK_MBOX_FRAME_MAX)
			break;
	}
	if (rc == 0) {
		folder->uid_validity = out->uid_validity;
		folder->uid_next = out->uid_validity ? out->uid_last + 1 : 0;
		bk_mbox_annotate(folder, BK_MBOX_FRAME, bk_buf_view(&frame));
	}
	bk_buf_clear(&frame);
	return rc;
}

void bk_mbox_file_clear(struct bk_mbox_file *file)
{
	bk_message_list_clear(&file->list);
	bk_mbox_frame_clear(&file->frame);
	free(file->parts);
	*file = (struct bk_mbox_file){0};
}

bool bk_mbox_file_at(const char *text, struct bk_mbox_part *part, bool *plain)
{
	uint64_t numbers[4] = {0};

	for (int i = 0; i < 4; i++) {
		text += *text == ' ';
		if (*text < '0' || *text > '9')
			return false;
		for (; *text >= '0' && *text <= '9'; text++)
			numbers[i] = numbers[i] * 10 + (uint64_t)(*text - '0');
	}
	*part = (struct bk_mbox_part){.at = numbers[0],
				      .content = numbers[1],
				      .end = numbers[2],
				      .next = numbers[2]};
	*plain = numbers[3] != 0;
	return true;
}
