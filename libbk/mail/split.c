/* A message taken apart: see split.h. */

#include "mail/split.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mail/base64.h"
#include "mail/cdc.h"
#include "mail/content.h"
#include "mail/lines.h"
#include "mail/mime.h"
#include "mail/trace.h"

/* A chunk costs some 50 bytes in tables that do not compress: a body shorter
 * than this is cheaper in the skeleton, even if it recurs. */
#define BODY_MIN ((size_t)128)

/* Decoding fewer bytes than this out of a longer body is not worth a part. */
#define DECODED_MIN ((size_t)128)

/* What is beyond is skeleton: a recipe must fit into a manifest record. */
#define PARTS_MAX 4096

/* A decoded part that is whole fits; a longer one passes through. */
#define WINDOW (BK_BINARY_WHOLE_MAX + ((size_t)4 << 10))

/* A canonical copy above this is not kept for the next message. */
#define COPY_KEPT_MAX ((size_t)4 << 20)

struct job {
	struct bk_view text; /* the canonical message */
	struct bk_split_room *room;
	struct bk_chunk_sink *to;
	struct bk_recipe *out;
	size_t done;    /* bytes of text that have found their place */
	uint64_t skip;  /* bytes of skeleton since the last part */
	unsigned shift; /* of bk_cdc_cut */
};

/* How a part is stored. */
struct kind {
	enum bk_chunk_type whole;
	enum bk_lane lane;
	size_t whole_max;
	bool by_content; /* where a longer one is cut */
};

static const struct kind text_kind = {BK_CHUNK_TEXT, BK_LANE_TEXT,
				      BK_TEXT_WHOLE_MAX, true};
static const struct kind binary_kind = {BK_CHUNK_BINARY, BK_LANE_BINARY,
					BK_BINARY_WHOLE_MAX, false};
/* Base64 that could not be decoded: it would crowd words out of the lane of
 * text. */
static const struct kind armour_kind = {BK_CHUNK_TEXT, BK_LANE_BINARY,
					BK_TEXT_WHOLE_MAX, true};

void bk_split_room_clear(struct bk_split_room *room)
{
	bk_buf_clear(&room->canonical);
	bk_buf_clear(&room->decoded);
	bk_buf_clear(&room->skeleton);
	free(room->skeleton_refs);
	*room = (struct bk_split_room){0};
}

static int keep(struct job *job, enum bk_chunk_type type, enum bk_lane lane,
		struct bk_view bytes, struct bk_err *err)
{
	struct bk_recipe *out = job->out;
	uint64_t ref = 0;

	if (job->to->keep(job->to, type, lane, bytes, &ref, err) < 0)
		return -1;
	out->refs = bk_array_room(out->refs, out->n_refs, &out->cap_refs,
				  sizeof(*out->refs));
	out->refs[out->n_refs++] = ref;
	return 0;
}

static int keep_trace(struct job *job, size_t len, struct bk_err *err)
{
	while (job->done < len) {
		size_t n = len - job->done;
		if (n > BK_CHUNK_MAX)
			n = BK_CHUNK_MAX;
		struct bk_view bytes = {job->text.data + job->done, n};
		if (keep(job, BK_CHUNK_TRACE, BK_LANE_TRACE, bytes, err) < 0)
			return -1;
		job->out->n_trace++;
		job->done += n;
	}
	return 0;
}

/* The refs wait in the room: their place in the recipe is before the parts'. */
static int flush_skeleton(struct job *job, struct bk_err *err)
{
	struct bk_split_room *room = job->room;
	struct bk_view bytes = bk_buf_view(&room->skeleton);
	uint64_t ref = 0;

	if (!bytes.len)
		return 0;
	if (job->to->keep(job->to, BK_CHUNK_SKELETON, BK_LANE_HEADER, bytes,
			  &ref, err) < 0)
		return -1;
	room->skeleton_refs = bk_array_room(
		room->skeleton_refs, room->n_skeleton_refs,
		&room->cap_skeleton_refs, sizeof(*room->skeleton_refs));
	room->skeleton_refs[room->n_skeleton_refs++] = ref;
	room->skeleton.len = 0;
	return 0;
}

/* What lies before `upto` and has no place yet is skeleton. */
static int add_skeleton(struct job *job, size_t upto, struct bk_err *err)
{
	struct bk_buf *skeleton = &job->room->skeleton;

	while (job->done < upto) {
		size_t n = upto - job->done;
		if (n > BK_CHUNK_MAX - skeleton->len)
			n = BK_CHUNK_MAX - skeleton->len;
		bk_buf_add(skeleton, job->text.data + job->done, n);
		job->done += n;
		job->skip += n;
		if (skeleton->len == BK_CHUNK_MAX &&
		    flush_skeleton(job, err) < 0)
			return -1;
	}
	return 0;
}

/* A part begins at `start`. */
static int begin_part(struct job *job, size_t start, struct bk_err *err)
{
	struct bk_recipe *out = job->out;

	if (add_skeleton(job, start, err) < 0)
		return -1;
	out->parts = bk_array_room(out->parts, out->n_parts, &out->cap_parts,
				   sizeof(*out->parts));
	out->parts[out->n_parts++] = (struct bk_part){.skip = job->skip};
	job->skip = 0;
	return 0;
}

static int keep_of_part(struct job *job, enum bk_chunk_type type,
			enum bk_lane lane, struct bk_view bytes,
			struct bk_err *err)
{
	if (keep(job, type, lane, bytes, err) < 0)
		return -1;
	job->out->parts[job->out->n_parts - 1].n_refs++;
	return 0;
}

/* Keeps the pieces at the front of *window, which shrinks; but none that the
 * bytes to come could still change, unless these are the last. */
static int keep_pieces(struct job *job, const struct kind *kind,
		       struct bk_view *window, bool last, struct bk_err *err)
{
	size_t enough =
		kind->by_content ? BK_CDC_MAX << job->shift : BK_CDC_BINARY;

	while (window->len >= enough || (last && window->len)) {
		struct bk_view piece = *window;
		if (kind->by_content)
			piece.len = bk_cdc_cut(*window, job->shift);
		else if (piece.len > BK_CDC_BINARY)
			piece.len = BK_CDC_BINARY;
		if (keep_of_part(job, BK_CHUNK_PIECE, kind->lane, piece, err) <
		    0)
			return -1;
		window->data += piece.len;
		window->len -= piece.len;
	}
	return 0;
}

/* All of a part that is in memory. */
static int keep_part(struct job *job, const struct kind *kind,
		     struct bk_view bytes, struct bk_err *err)
{
	if (bytes.len <= kind->whole_max)
		return keep_of_part(job, kind->whole, kind->lane, bytes, err);
	return keep_pieces(job, kind, &bytes, true, err);
}

static const struct kind *kind_of(struct bk_view bytes)
{
	return bk_content_is_text(bytes) ? &text_kind : &binary_kind;
}

static const struct kind *kind_of_plain(struct bk_view bytes, bool base64)
{
	size_t look = bytes.len < 256 ? bytes.len : 256;

	if (base64 && !memchr(bytes.data, ' ', look))
		return &armour_kind;
	return kind_of(bytes);
}

static int keep_plain(struct job *job, size_t start, size_t end, bool base64,
		      struct bk_err *err)
{
	struct bk_view bytes = {job->text.data + start, end - start};
	const struct kind *kind = kind_of_plain(bytes, base64);

	if (begin_part(job, start, err) < 0)
		return -1;
	job->done = end;
	return keep_part(job, kind, bytes, err);
}

static void fill(struct bk_buf *window, struct bk_base64_reader *from)
{
	if (window->cap < WINDOW)
		(void)bk_buf_room(window, WINDOW - window->len);
	if (!from->ended)
		window->len += bk_base64_read(from, window->data + window->len,
					      window->cap - window->len);
}

/* Decoded bytes that are more than the window holds. */
static int keep_stream(struct job *job, const struct kind *kind,
		       struct bk_base64_reader *from, struct bk_err *err)
{
	struct bk_buf *window = &job->room->decoded;

	do {
		struct bk_view left = bk_buf_view(window);
		bool last = from->ended;
		if (keep_pieces(job, kind, &left, last, err) < 0)
			return -1;
		memmove(window->data, left.data, left.len);
		window->len = left.len;
		fill(window, from);
	} while (window->len);
	return 0;
}

/* The part of a body that is exact base64, from its start on; none, and
 * nothing is done, if that is too short. */
static int keep_decoded(struct job *job, size_t start, size_t end,
			struct bk_err *err)
{
	struct bk_view body = {job->text.data + start, end - start};
	struct bk_buf *window = &job->room->decoded;
	struct bk_base64_reader from;

	if (!bk_base64_open(&from, body))
		return 0;
	window->len = 0;
	fill(window, &from);
	if (window->len < DECODED_MIN)
		return 0;
	if (begin_part(job, start, err) < 0)
		return -1;

	struct bk_part *part = &job->out->parts[job->out->n_parts - 1];
	part->encoded = true;
	part->line = from.line;
	part->eol = from.eol;
	const struct kind *kind = kind_of(bk_buf_view(window));
	int rc = from.ended ? keep_part(job, kind, bk_buf_view(window), err)
			    : keep_stream(job, kind, &from, err);
	job->done = (size_t)(from.at - job->text.data);
	return rc;
}

/* Empty lines at either end are skeleton: whether a text or an attachment ends
 * in one must not make it another. */
static void trim(struct bk_view text, size_t *start, size_t *end)
{
	while (*start < *end && text.data[*start] == '\n')
		++*start;
	while (*end > *start && text.data[*end - 1] == '\n')
		--*end;
}

static bool is_part(const struct job *job, size_t start, size_t end)
{
	return end - start >= BODY_MIN && job->out->n_parts < PARTS_MAX;
}

static int keep_body(struct job *job, const struct bk_body *body,
		     struct bk_err *err)
{
	size_t start = body->start;
	size_t end = body->end;

	trim(job->text, &start, &end);
	if (!is_part(job, start, end))
		return 0;
	if (body->base64 && keep_decoded(job, start, end, err) < 0)
		return -1;
	if (job->done > start)
		start = job->done;
	trim(job->text, &start, &end);
	if (!is_part(job, start, end))
		return 0;
	return keep_plain(job, start, end, body->base64, err);
}

/* Puts the refs of the skeleton between those of the trace and of the parts. */
static void place_skeleton(struct job *job)
{
	struct bk_recipe *out = job->out;
	size_t n = job->room->n_skeleton_refs;
	size_t behind = out->n_refs - out->n_trace;

	out->n_skeleton = (uint32_t)n;
	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		out->refs = bk_array_room(out->refs, out->n_refs,
					  &out->cap_refs, sizeof(*out->refs));
		out->n_refs++;
	}
	uint64_t *place = out->refs + out->n_trace;
	memmove(place + n, place, behind * sizeof(*place));
	memcpy(place, job->room->skeleton_refs, n * sizeof(*place));
}

static int take_apart(struct job *job, struct bk_err *err)
{
	struct bk_mime mime;
	struct bk_body body;

	if (keep_trace(job, bk_trace_len(job->text), err) < 0)
		return -1;
	bk_mime_init(&mime, job->text, job->done);
	while (bk_mime_next(&mime, &body)) {
		if (keep_body(job, &body, err) < 0)
			return -1;
	}
	if (add_skeleton(job, job->text.len, err) < 0)
		return -1;
	if (flush_skeleton(job, err) < 0)
		return -1;
	place_skeleton(job);
	return 0;
}

int bk_split(struct bk_view message, struct bk_split_room *room,
	     struct bk_chunk_sink *to, struct bk_recipe *out,
	     uint8_t digest[BK_DIGEST_LEN], struct bk_err *err)
{
	struct job job = {.room = room, .to = to, .out = out};

	bk_recipe_reset(out);
	room->skeleton.len = 0;
	room->n_skeleton_refs = 0;
	if (bk_lines_canonical(message, &room->canonical, out, &job.text, err) <
	    0)
		return -1;
	bk_digester_begin(room->digester);
	bk_digester_update(room->digester, job.text.data, job.text.len);
	bk_digester_final(room->digester, digest);
	job.shift = bk_cdc_shift(job.text.len);
	int rc = take_apart(&job, err);
	if (room->canonical.cap > COPY_KEPT_MAX)
		bk_buf_clear(&room->canonical);
	return rc;
}
