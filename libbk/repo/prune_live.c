/* What must stay, whoever condemned it: see prune_parts.h. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "repo/prune_parts.h"

void bk_live_clear(struct bk_live *live)
{
	free(live->sets);
	bk_pack_ids_clear(&live->packs);
	*live = (struct bk_live){0};
}

bool bk_live_has_set(const struct bk_live *live, const uint8_t set[BK_ID_LEN])
{
	for (size_t i = 0; i < live->n; i++)
		if (memcmp(live->sets[i].id, set, BK_ID_LEN) == 0)
			return true;
	return false;
}

/* A pack's set is older than all that can need it. */
bool bk_live_has_pack(const struct bk_live *live,
		      const uint8_t owner[BK_ID_LEN], uint32_t ordinal)
{
	return bk_setid_ms(owner) <= live->unknown_ms ||
	       bk_pack_ids_has(&live->packs, owner, ordinal);
}

void bk_live_add_table(struct bk_live *live, const struct bk_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		bk_pack_ids_add(&live->packs, table->rows[i].owner,
				table->rows[i].owner_ordinal);
}

void bk_live_sort(struct bk_live *live)
{
	bk_pack_ids_sort(&live->packs);
}

static void add_id(struct bk_live *live, const uint8_t set[BK_ID_LEN])
{
	live->sets = bk_array_room(live->sets, live->n, &live->cap,
				   sizeof(*live->sets));
	memcpy(live->sets[live->n++].id, set, BK_ID_LEN);
}

static void add_unknown(struct bk_live *live, const uint8_t set[BK_ID_LEN])
{
	if (bk_setid_ms(set) > live->unknown_ms)
		live->unknown_ms = bk_setid_ms(set);
}

static int add_packs(struct bk_live *live, const struct bk_repo *repo,
		     const struct bk_set_info *info, struct bk_err *err)
{
	struct bk_table table = {0};
	struct bk_err why = {0};
	int rc = 0;

	if (bk_set_info_table(repo, info, &table, &why) == 0)
		bk_live_add_table(live, &table);
	else if (why.kind == BK_CORRUPT || why.kind == BK_GONE)
		add_unknown(live, info->id);
	else
		rc = -1;
	if (rc < 0)
		*err = why;
	bk_table_clear(&table);
	return rc;
}

/* One set; *base is what it stands on, or zero. */
static int add_one(struct bk_live *live, const struct bk_repo *repo,
		   const uint8_t set[BK_ID_LEN], uint8_t base[BK_ID_LEN],
		   struct bk_err *err)
{
	struct bk_set_info info = {0};
	struct bk_err why = {0};
	int rc = 0;

	memset(base, 0, BK_ID_LEN);
	if (bk_set_info_read(repo, set, &info, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	add_id(live, set);
	if (info.broken && info.kind != BK_CORRUPT) {
		rc = bk_fail(err, info.kind, "%s", info.broken);
	} else if (info.broken) {
		add_unknown(live, set);
	} else {
		memcpy(base, info.root.base, BK_ID_LEN);
		rc = add_packs(live, repo, &info, err);
	}
	bk_set_info_clear(&info);
	return rc;
}

int bk_live_add(struct bk_live *live, const struct bk_repo *repo,
		const uint8_t set[BK_ID_LEN], struct bk_err *err)
{
	uint8_t at[BK_ID_LEN], base[BK_ID_LEN];

	memcpy(at, set, sizeof(at));
	for (int depth = 0; depth < BK_CHAIN_MAX; depth++) {
		if (bk_id_is_zero(at) || bk_live_has_set(live, at))
			return 0;
		if (add_one(live, repo, at, base, err) < 0)
			return -1;
		memcpy(at, base, sizeof(at));
	}
	return 0;
}
