/* Reed-Solomon by ISA-L: see erasure.h. */

#include "base/erasure.h"

#include <assert.h>
#include <isa-l/erasure_code.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define TABLE_LEN 32 /* of one coefficient, as ISA-L expands it */

struct bk_erasure {
	unsigned k, m;
	uint8_t *matrix; /* k + m rows of k; the first k are the identity */
	uint8_t *tables; /* of the parity rows */
};

struct bk_erasure *bk_erasure_new(unsigned k, unsigned m)
{
	struct bk_erasure *code = bk_alloc(sizeof(*code));

	assert(k && m && k <= BK_ERASURE_DATA_MOST &&
	       m <= BK_ERASURE_PARITY_MOST);
	code->k = k;
	code->m = m;
	code->matrix = bk_alloc((size_t)(k + m) * k);
	code->tables = bk_alloc((size_t)TABLE_LEN * k * m);
	gf_gen_cauchy1_matrix(code->matrix, (int)(k + m), (int)k);
	ec_init_tables((int)k, (int)m, code->matrix + (size_t)k * k,
		       code->tables);
	return code;
}

void bk_erasure_free(struct bk_erasure *code)
{
	if (!code)
		return;
	free(code->matrix);
	free(code->tables);
	free(code);
}

/* ISA-L's lengths are ints, and it takes data that it does not change without
 * const. */
void bk_erasure_add(const struct bk_erasure *code, unsigned place,
		    const uint8_t *data, size_t len, uint8_t *const parity[])
{
	uint8_t *to[BK_ERASURE_PARITY_MOST], *from;

	memcpy(&from, &data, sizeof(from));
	for (unsigned p = 0; p < code->m; p++)
		to[p] = parity[p];
	ec_encode_data_update((int)len, (int)code->k, (int)code->m, (int)place,
			      code->tables, from, to);
}

/* The first k good pieces; false: there are fewer. */
static bool choose(const struct bk_erasure *code, const bool good[],
		   unsigned chosen[])
{
	unsigned n = 0;

	for (unsigned i = 0; i < code->k + code->m && n < code->k; i++)
		if (good[i])
			chosen[n++] = i;
	return n == code->k;
}

/* The rows by which the bad data follows from the chosen pieces; the caller
 * frees it. */
static uint8_t *solve(const struct bk_erasure *code, const unsigned chosen[],
		      const bool good[], unsigned *n_bad)
{
	size_t k = code->k, n = 0;
	uint8_t *rows = bk_alloc(k * k), *inverse = bk_alloc(k * k);

	for (size_t i = 0; i < k; i++)
		memcpy(rows + i * k, code->matrix + chosen[i] * k, k);
	/* Every square part of such a matrix can be inverted. */
	int rc = gf_invert_matrix(rows, inverse, (int)k);
	assert(rc == 0);
	(void)rc;
	for (size_t i = 0; i < k; i++)
		if (!good[i])
			memcpy(rows + n++ * k, inverse + i * k, k);
	free(inverse);
	*n_bad = (unsigned)n;
	return rows;
}

bool bk_erasure_rebuild(const struct bk_erasure *code, uint8_t *const pieces[],
			const bool good[], size_t len)
{
	unsigned chosen[BK_ERASURE_DATA_MOST], n_bad = 0, n = 0;
	uint8_t *from[BK_ERASURE_DATA_MOST], *to[BK_ERASURE_DATA_MOST];

	if (!choose(code, good, chosen))
		return false;
	uint8_t *rows = solve(code, chosen, good, &n_bad);
	uint8_t *tables = bk_alloc((size_t)TABLE_LEN * code->k * (n_bad + 1));
	for (unsigned i = 0; i < code->k; i++) {
		from[i] = pieces[chosen[i]];
		if (!good[i])
			to[n++] = pieces[i];
	}
	if (n_bad) {
		ec_init_tables((int)code->k, (int)n_bad, rows, tables);
		ec_encode_data((int)len, (int)code->k, (int)n_bad, tables, from,
			       to);
	}
	free(rows);
	free(tables);
	return true;
}
