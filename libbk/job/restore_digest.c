/* What a message that is there holds: see restore_digest.h. */

#include "job/restore_digest.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "mail/lines.h"

/* The bytes of a message that was fetched; a spool file of our own is mapped,
 * which nobody else can cut short. */
static int view_body(const struct bk_body *body, struct bk_view *out,
		     void **mapped, struct bk_err *err)
{
	struct stat st;

	*out = bk_buf_view(&body->bytes);
	*mapped = NULL;
	if (body->spool < 0)
		return 0;
	if (fstat(body->spool, &st) < 0)
		return bk_fail_errno(err, "spool file");
	out->len = (size_t)st.st_size;
	void *at = mmap(NULL, out->len, PROT_READ, MAP_SHARED, body->spool, 0);
	if (at == MAP_FAILED)
		return bk_fail_errno(err, "spool file");
	*mapped = at;
	out->data = at;
	return 0;
}

int bk_restore_digest(struct bk_digester *digester, struct bk_body *body,
		      struct bk_buf *copy, uint8_t digest[BK_DIGEST_LEN],
		      struct bk_err *err)
{
	struct bk_recipe lines = {0};
	struct bk_view bytes, canonical;
	void *mapped = NULL;

	if (view_body(body, &bytes, &mapped, err) < 0)
		return -1;
	int rc = bk_lines_canonical(bytes, copy, &lines, &canonical, err);
	if (rc == 0) {
		bk_digester_begin(digester);
		bk_digester_update(digester, canonical.data, canonical.len);
		bk_digester_final(digester, digest);
	}
	if (mapped)
		(void)munmap(mapped, bytes.len);
	bk_recipe_clear(&lines);
	return rc;
}
