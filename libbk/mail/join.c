/* A message put together again: see split.h. */

#include <string.h>

#include "crypto/secret.h"
#include "mail/base64.h"
#include "mail/lines.h"
#include "mail/split.h"

/* More than a line writer buffers, so that it is not copied once more. */
#define ENCODED_AT_ONCE (2 * BK_LINE_WRITER_ROOM)

struct job {
	const struct bk_recipe *recipe;
	struct bk_chunk_source *from;
	struct bk_line_writer writer;
	struct bk_digester *digester;
	struct bk_buf skeleton; /* the chunk of it that is being read */
	size_t skeleton_at;
	size_t next_skeleton; /* of recipe->refs; */
	size_t next_part;     /* of recipe->refs */
};

static int put(struct job *job, struct bk_view canonical, struct bk_err *err)
{
	bk_digester_update(job->digester, canonical.data, canonical.len);
	return bk_line_writer_add(&job->writer, canonical, err);
}

bool bk_chunk_fits(uint8_t type, enum bk_ref_role role)
{
	switch (role) {
	case BK_REF_TRACE:
		return type == BK_CHUNK_TRACE;
	case BK_REF_SKELETON:
		return type == BK_CHUNK_SKELETON;
	case BK_REF_PLAIN:
	case BK_REF_ENCODED:
		return type == BK_CHUNK_TEXT || type == BK_CHUNK_BINARY ||
		       type == BK_CHUNK_PIECE;
	case BK_REF_TREE:
		return type == BK_CHUNK_TREE;
	}
	return false;
}

static int ask(struct job *job, enum bk_ref_role role, uint64_t ref,
	       struct bk_view *out, struct bk_err *err)
{
	job->from->role = role;
	return job->from->chunk(job->from, ref, out, err);
}

static int put_chunk(struct job *job, enum bk_ref_role role, uint64_t ref,
		     struct bk_err *err)
{
	struct bk_view bytes;

	if (ask(job, role, ref, &bytes, err) < 0)
		return -1;
	return put(job, bytes, err);
}

/* Copied, because the chunks of parts are asked for in between. */
static int next_skeleton(struct job *job, struct bk_err *err)
{
	const struct bk_recipe *recipe = job->recipe;
	struct bk_view bytes;

	if (job->next_skeleton == recipe->n_trace + recipe->n_skeleton)
		return bk_fail(err, BK_CORRUPT,
			       "the recipe wants more skeleton than there is");
	uint64_t ref = recipe->refs[job->next_skeleton++];
	if (ask(job, BK_REF_SKELETON, ref, &bytes, err) < 0)
		return -1;
	job->skeleton.len = 0;
	job->skeleton_at = 0;
	if (!bk_buf_try_grow(&job->skeleton, bytes.len, BK_CHUNK_MAX, err))
		return -1;
	if (bytes.len)
		memcpy(job->skeleton.data, bytes.data, bytes.len);
	return 0;
}

static int put_skeleton(struct job *job, uint64_t len, struct bk_err *err)
{
	while (len) {
		size_t n = job->skeleton.len - job->skeleton_at;
		if (!n) {
			if (next_skeleton(job, err) < 0)
				return -1;
			continue;
		}
		if (n > len)
			n = (size_t)len;
		struct bk_view bytes = {job->skeleton.data + job->skeleton_at,
					n};
		if (put(job, bytes, err) < 0)
			return -1;
		job->skeleton_at += n;
		len -= n;
	}
	return 0;
}

static int put_rest_of_skeleton(struct job *job, struct bk_err *err)
{
	const struct bk_recipe *recipe = job->recipe;

	if (put_skeleton(job, job->skeleton.len - job->skeleton_at, err) < 0)
		return -1;
	while (job->next_skeleton < recipe->n_trace + recipe->n_skeleton) {
		if (put_chunk(job, BK_REF_SKELETON,
			      recipe->refs[job->next_skeleton++], err) < 0)
			return -1;
	}
	return 0;
}

static int put_encoded(struct job *job, const struct bk_part *part,
		       struct bk_err *err)
{
	struct bk_base64_writer writer;
	uint8_t text[ENCODED_AT_ONCE];

	bk_base64_writer_init(&writer, part->line, part->eol);
	for (uint32_t i = 0; i < part->n_refs; i++) {
		uint64_t ref = job->recipe->refs[job->next_part++];
		struct bk_view left;
		if (ask(job, BK_REF_ENCODED, ref, &left, err) < 0)
			return -1;
		while (left.len) {
			size_t n = bk_base64_write(&writer, &left, text,
						   sizeof(text));
			if (put(job, (struct bk_view){text, n}, err) < 0)
				return -1;
		}
	}
	size_t n = bk_base64_end(&writer, text);
	return put(job, (struct bk_view){text, n}, err);
}

static int put_part(struct job *job, const struct bk_part *part,
		    struct bk_err *err)
{
	if (put_skeleton(job, part->skip, err) < 0)
		return -1;
	if (part->n_refs > job->recipe->n_refs - job->next_part)
		return bk_fail(err, BK_CORRUPT,
			       "the recipe wants more chunks than it names");
	if (part->encoded)
		return put_encoded(job, part, err);
	for (uint32_t i = 0; i < part->n_refs; i++) {
		uint64_t ref = job->recipe->refs[job->next_part++];
		if (put_chunk(job, BK_REF_PLAIN, ref, err) < 0)
			return -1;
	}
	return 0;
}

static int put_together(struct job *job, struct bk_err *err)
{
	const struct bk_recipe *recipe = job->recipe;

	for (uint32_t i = 0; i < recipe->n_trace; i++) {
		if (put_chunk(job, BK_REF_TRACE, recipe->refs[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < recipe->n_parts; i++) {
		if (put_part(job, &recipe->parts[i], err) < 0)
			return -1;
	}
	return put_rest_of_skeleton(job, err);
}

int bk_join(const struct bk_recipe *recipe, struct bk_chunk_source *from,
	    struct bk_digester *digester, const uint8_t digest[BK_DIGEST_LEN],
	    struct bk_sink *to, struct bk_err *err)
{
	struct job job = {.recipe = recipe, .from = from, .digester = digester};
	uint64_t headers = (uint64_t)recipe->n_trace + recipe->n_skeleton;
	uint8_t got[BK_DIGEST_LEN];

	if (headers > recipe->n_refs)
		return bk_fail(err, BK_CORRUPT,
			       "the recipe wants more chunks than it names");
	job.next_skeleton = recipe->n_trace;
	job.next_part = (size_t)headers;
	bk_line_writer_init(&job.writer, recipe, to);
	bk_digester_begin(digester);

	int rc = put_together(&job, err);
	bk_buf_clear(&job.skeleton);
	if (rc < 0)
		return -1;
	bk_digester_final(digester, got);
	if (!bk_bytes_equal(got, digest, BK_DIGEST_LEN))
		return bk_fail(err, BK_CORRUPT,
			       "the message does not match its digest");
	return bk_line_writer_end(&job.writer, err);
}
