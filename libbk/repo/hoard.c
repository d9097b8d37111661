/* Traces fetched in advance: see hoard.h. */

#include "repo/hoard.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "mail/recipe.h"

struct piece {
	uint64_t ref;
	uint32_t frame;
	uint32_t len;
	const uint8_t *data; /* in the arena; NULL: not fetched */
};

struct bk_hoard {
	struct piece *pieces; /* by frame and ref */
	size_t n, cap;
	size_t limit;
	_Atomic size_t bytes; /* fetched */
	unsigned shares;
	struct bk_arena arenas[]; /* of the bytes; one a share */
};

static void add_pieces(struct bk_hoard *hoard, const struct bk_row *row,
		       struct bk_recipe *recipe)
{
	struct bk_cursor from = bk_cursor_over(row->body.data, row->body.len);
	struct bk_ref_trail trail;
	struct bk_err ignored = {0};

	bk_ref_trail_init(&trail);
	if (bk_recipe_decode(&from, &trail, recipe, &ignored) < 0)
		return;
	for (size_t i = 0; i < recipe->n_trace && i < recipe->n_refs; i++) {
		hoard->pieces =
			bk_array_room(hoard->pieces, hoard->n, &hoard->cap,
				      sizeof(*hoard->pieces));
		hoard->pieces[hoard->n++] = (struct piece){
			.ref = recipe->refs[i],
			.frame = row->frame,
		};
	}
}

/* Bases first: they are read through before what stands on them. */
static int compare(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame > y->frame ? -1 : 1;
	return (x->ref > y->ref) - (x->ref < y->ref);
}

struct bk_hoard *bk_hoard_new(const struct bk_row *const *rows, size_t n,
			      size_t limit, unsigned shares)
{
	struct bk_hoard *hoard =
		bk_alloc(sizeof(*hoard) + shares * sizeof(struct bk_arena));
	struct bk_recipe recipe = {0};

	hoard->limit = limit;
	hoard->shares = shares;
	for (size_t i = 0; i < n; i++)
		add_pieces(hoard, rows[i], &recipe);
	bk_recipe_clear(&recipe);
	if (hoard->n)
		qsort(hoard->pieces, hoard->n, sizeof(*hoard->pieces), compare);
	return hoard;
}

void bk_hoard_free(struct bk_hoard *hoard)
{
	if (!hoard)
		return;
	for (unsigned i = 0; i < hoard->shares; i++)
		bk_arena_clear(&hoard->arenas[i]);
	free(hoard->pieces);
	free(hoard);
}

size_t bk_hoard_traces(const struct bk_hoard *hoard)
{
	return hoard->n;
}

void bk_hoard_fetch(struct bk_hoard *hoard, unsigned share, size_t first,
		    size_t n, struct bk_chunk_reader *reader)
{
	struct bk_view bytes;

	for (size_t i = first; i < first + n && hoard->bytes < hoard->limit;
	     i++) {
		struct piece *piece = &hoard->pieces[i];
		struct bk_err ignored = {0};
		if (bk_chunk_reader_trace(reader, piece->frame, piece->ref,
					  &bytes, &ignored) < 0)
			continue;
		piece->len = (uint32_t)bytes.len;
		piece->data = bk_arena_memdup(&hoard->arenas[share], bytes.data,
					      bytes.len);
		hoard->bytes += bytes.len;
	}
}

size_t bk_hoard_bytes(const struct bk_hoard *hoard)
{
	return hoard->bytes;
}

bool bk_hoard_find(const struct bk_hoard *hoard, uint32_t frame, uint64_t ref,
		   struct bk_view *out)
{
	const struct piece wanted = {.ref = ref, .frame = frame};

	if (!hoard->n)
		return false;
	const struct piece *found = bsearch(&wanted, hoard->pieces, hoard->n,
					    sizeof(*hoard->pieces), compare);
	if (!found || !found->data)
		return false;
	*out = (struct bk_view){found->data, found->len};
	return true;
}
