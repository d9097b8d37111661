/* What damaged packs held: see regain.h. */

#include "job/regain.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "repo/chunk_reader.h"

#define NO_PACK SIZE_MAX
#define CACHE   ((size_t)15 << 20) /* of opened blocks */

/* ---- packs ---- */

static bool is_in(const struct bk_table_row *row, const char *blob)
{
	char name[BK_NAME_MAX];

	return strcmp(bk_table_row_name(name, row), blob) == 0;
}

static bool is_in_any(const struct bk_table_row *row,
		      const struct bk_names *blobs)
{
	for (size_t i = 0; i < blobs->n; i++)
		if (is_in(row, blobs->items[i]))
			return true;
	return false;
}

static size_t pack_of(const struct bk_regain *regain,
		      const struct bk_table_row *row)
{
	for (size_t i = 0; i < regain->n_packs; i++) {
		const struct bk_table_row *its = &regain->packs[i].row;
		if (its->owner_ordinal == row->owner_ordinal &&
		    memcmp(its->owner, row->owner, BK_ID_LEN) == 0)
			return i;
	}
	return NO_PACK;
}

static int add_pack(struct bk_regain *regain, const struct bk_table_row *row,
		    struct bk_err *err)
{
	struct bk_regain_pack pack = {.row = *row};

	if (pack_of(regain, row) != NO_PACK)
		return 0;
	if (bk_pack_remake_open(&pack.remake, regain->view, row, &pack.why) <
		    0 &&
	    bk_mend_is_away(pack.why.kind)) {
		*err = pack.why;
		return -1;
	}
	regain->packs =
		bk_array_room(regain->packs, regain->n_packs,
			      &regain->cap_packs, sizeof(*regain->packs));
	regain->packs[regain->n_packs++] = pack;
	return 0;
}

static int add_packs(struct bk_regain *regain, const struct bk_set *set,
		     const struct bk_names *blobs, struct bk_err *err)
{
	const struct bk_table *table = &set->levels[0].table;

	for (size_t i = 0; i < table->n; i++)
		if (is_in_any(&table->rows[i], blobs) &&
		    add_pack(regain, &table->rows[i], err) < 0)
			return -1;
	return 0;
}

/* ---- messages ---- */

/* Of each pack of a table its place among those that are damaged. */
static size_t *map_table(const struct bk_regain *regain,
			 const struct bk_table *table)
{
	size_t *map = bk_alloc((table->n + 1) * sizeof(*map));

	for (size_t i = 0; i < table->n; i++) {
		map[i] = pack_of(regain, &table->rows[i]);
		if (map[i] != NO_PACK && !regain->packs[map[i]].remake)
			map[i] = NO_PACK;
	}
	return map;
}

/* A set on its way to be looked at. */
struct looking {
	struct bk_regain *regain;
	struct bk_set *set;
	const struct bk_set_folder *folder;
	size_t *map;
};

static bool concerns(const struct looking *looking, uint64_t ref)
{
	const struct bk_table *table = &looking->set->levels[0].table;
	uint64_t ordinal = ref >> 32;

	return ordinal < table->n && looking->map[ordinal] != NO_PACK &&
	       bk_pack_remake_concerns(
		       looking->regain->packs[looking->map[ordinal]].remake,
		       (uint32_t)ref);
}

static void describe(const struct looking *looking, const struct bk_row *row,
		     struct bk_regain_message *out)
{
	struct bk_arena *arena = &looking->regain->arena;
	const struct bk_set_folder *folder = looking->folder;
	const struct bk_set_account *account =
		bk_set_account_by_id(looking->set, folder->account_id);

	memcpy(out->digest, row->digest, BK_DIGEST_LEN);
	out->store = looking->set->levels[0].root.store_name;
	out->address = account ? account->account.address : "";
	out->folder = folder->folder.name;
	out->uid_validity = folder->folder.uid_validity;
	out->name = bk_arena_strdup(arena, row->msg.name);
	out->uid = row->msg.uid;
	out->size = row->msg.size;
	out->set = looking->set;
}

static void look_at_row(const struct looking *looking, const struct bk_row *row)
{
	struct bk_regain *regain = looking->regain;
	const struct bk_recipe *recipe = &regain->recipe;
	struct bk_regain_message msg = {0};
	struct bk_err ignored = {0};
	size_t n = 0;

	/* What is its base's, that set tells. */
	if (row->frame ||
	    bk_body_decode(row->body, &regain->recipe, &ignored) < 0)
		return;
	for (size_t i = 0; i < recipe->n_refs; i++)
		n += concerns(looking, recipe->refs[i]);
	if (!n)
		return;
	describe(looking, row, &msg);
	msg.n_refs = recipe->n_refs;
	msg.wants = bk_arena_alloc(&regain->arena, n * sizeof(*msg.wants));
	for (size_t i = 0; i < recipe->n_refs; i++)
		if (concerns(looking, recipe->refs[i]))
			msg.wants[msg.n_wants++] = (struct bk_regain_want){
				.pack = looking->map[recipe->refs[i] >> 32],
				.chunk = (uint32_t)recipe->refs[i],
				.ref = (uint32_t)i,
			};
	regain->messages =
		bk_array_room(regain->messages, regain->n_messages,
			      &regain->cap_messages, sizeof(*regain->messages));
	regain->messages[regain->n_messages++] = msg;
}

static void look_at_set(struct bk_regain *regain, struct bk_set *set)
{
	struct looking looking = {
		.regain = regain,
		.set = set,
		.map = map_table(regain, &set->levels[0].table),
	};

	for (size_t i = 0; i < set->n_folders; i++) {
		struct bk_row_list rows = {0};
		struct bk_err ignored = {0};
		looking.folder = &set->folders[i];
		if (bk_set_rows(set, set->folders[i].id, true, &rows,
				&ignored) == 0)
			for (size_t k = 0; k < rows.n; k++)
				look_at_row(&looking, &rows.items[k]);
		bk_row_list_clear(&rows);
	}
	free(looking.map);
}

static int by_digest(const void *a, const void *b)
{
	const struct bk_regain_message *x = a, *y = b;

	return memcmp(x->digest, y->digest, BK_DIGEST_LEN);
}

/* ---- all of it ---- */

static int open_sets(struct bk_regain *regain, struct bk_err *err)
{
	struct bk_set_info_list sets = {0};
	int rc = bk_sets_list(regain->view, &sets, err);

	regain->sets = bk_alloc((sets.n + 1) * sizeof(struct bk_set *));
	for (size_t i = 0; rc == 0 && i < sets.n; i++) {
		struct bk_err why = {0};
		rc = bk_cancelled(err);
		if (rc == 0 &&
		    bk_set_open(&regain->sets[regain->n_sets], regain->view,
				sets.items[i].id, &why) == 0)
			regain->n_sets++;
	}
	bk_set_info_list_clear(&sets);
	return rc;
}

int bk_regain_open(struct bk_regain *out, const struct bk_repo *view,
		   const struct bk_names *blobs, struct bk_err *err)
{
	*out = (struct bk_regain){.view = view};
	out->room.digester = bk_digester_new(&view->keys.digest);
	int rc = open_sets(out, err);
	for (size_t i = 0; rc == 0 && i < out->n_sets; i++)
		rc = add_packs(out, out->sets[i], blobs, err);
	for (size_t i = 0; rc == 0 && i < out->n_sets; i++) {
		rc = bk_cancelled(err);
		if (rc == 0)
			look_at_set(out, out->sets[i]);
	}
	if (out->n_messages)
		qsort(out->messages, out->n_messages, sizeof(*out->messages),
		      by_digest);
	return rc;
}

void bk_regain_close(struct bk_regain *regain)
{
	for (size_t i = 0; i < regain->n_packs; i++)
		bk_pack_remake_close(regain->packs[i].remake);
	for (size_t i = 0; i < regain->n_sets; i++)
		bk_set_close(regain->sets[i]);
	free(regain->packs);
	free(regain->sets);
	free(regain->messages);
	bk_digester_free(regain->room.digester);
	bk_split_room_clear(&regain->room);
	bk_recipe_clear(&regain->recipe);
	bk_arena_clear(&regain->arena);
	*regain = (struct bk_regain){0};
}

bool bk_regain_lacks(const struct bk_regain *regain,
		     const struct bk_regain_message *msg)
{
	for (size_t i = 0; i < msg->n_wants; i++)
		if (bk_pack_remake_wants(
			    regain->packs[msg->wants[i].pack].remake,
			    msg->wants[i].chunk))
			return true;
	return false;
}

bool bk_regain_lacks_any(const struct bk_regain *regain)
{
	for (size_t i = 0; i < regain->n_messages; i++)
		if (bk_regain_lacks(regain, &regain->messages[i]))
			return true;
	return false;
}

struct bk_regain_message *bk_regain_find(struct bk_regain *regain,
					 const uint8_t digest[BK_DIGEST_LEN])
{
	struct bk_regain_message wanted = {0};

	if (!regain->n_messages)
		return NULL;
	memcpy(wanted.digest, digest, BK_DIGEST_LEN);
	struct bk_regain_message *found =
		bsearch(&wanted, regain->messages, regain->n_messages,
			sizeof(wanted), by_digest);
	while (found && found > regain->messages &&
	       by_digest(&found[-1], &wanted) == 0)
		found--;
	return found;
}

/* ---- what was read ---- */

/* Keeps all chunks of a message. */
struct keeping {
	struct bk_chunk_sink sink;
	struct bk_buf bytes;
	struct {
		size_t start, len;
	} * chunks;
	size_t n, cap;
};

static int keep(struct bk_chunk_sink *to, enum bk_chunk_type type,
		enum bk_lane lane, struct bk_view bytes, uint64_t *ref,
		struct bk_err *err)
{
	struct keeping *keeping = (struct keeping *)to;

	(void)type;
	(void)lane;
	(void)err;
	keeping->chunks =
		bk_array_room(keeping->chunks, keeping->n, &keeping->cap,
			      sizeof(*keeping->chunks));
	keeping->chunks[keeping->n].start = keeping->bytes.len;
	keeping->chunks[keeping->n].len = bytes.len;
	bk_buf_add(&keeping->bytes, bytes.data, bytes.len);
	*ref = keeping->n++;
	return 0;
}

static void give(struct bk_regain *regain, struct bk_regain_message *msg,
		 const struct keeping *keeping)
{
	if (msg->n_refs != regain->recipe.n_refs)
		return;
	for (size_t i = 0; i < msg->n_wants; i++) {
		const struct bk_regain_want *want = &msg->wants[i];
		uint64_t chunk = regain->recipe.refs[want->ref];
		const struct bk_view bytes = {
			keeping->bytes.data + keeping->chunks[chunk].start,
			keeping->chunks[chunk].len,
		};
		bk_pack_remake_give(regain->packs[want->pack].remake,
				    want->chunk, bytes);
	}
}

int bk_regain_take(struct bk_regain *regain, struct bk_view message,
		   const char *where, uint8_t digest[BK_DIGEST_LEN],
		   struct bk_err *err)
{
	struct keeping keeping = {.sink.keep = keep};
	const struct bk_regain_message *end =
		regain->messages + regain->n_messages;

	int rc = bk_split(message, &regain->room, &keeping.sink,
			  &regain->recipe, digest, err);
	struct bk_regain_message *msg =
		rc == 0 ? bk_regain_find(regain, digest) : NULL;
	for (; msg && msg < end &&
	       memcmp(msg->digest, digest, BK_DIGEST_LEN) == 0;
	     msg++) {
		give(regain, msg, &keeping);
		msg->fate = BK_REGAIN_FOUND;
		msg->where = where;
	}
	free(keeping.chunks);
	bk_buf_clear(&keeping.bytes);
	return rc;
}

/* ---- from other sets ---- */

static bool is_wanted(struct bk_regain *regain,
		      const uint8_t digest[BK_DIGEST_LEN])
{
	const struct bk_regain_message *end =
		regain->messages + regain->n_messages;
	const struct bk_regain_message *msg = bk_regain_find(regain, digest);

	for (; msg && msg < end &&
	       memcmp(msg->digest, digest, BK_DIGEST_LEN) == 0;
	     msg++)
		if (bk_regain_lacks(regain, msg))
			return true;
	return false;
}

static int from_folder(struct bk_regain *regain, struct bk_set *set,
		       const struct bk_set_folder *folder,
		       struct bk_chunk_reader *reader, struct bk_err *err)
{
	struct bk_row_list rows = {0};
	struct bk_buf body = {0};
	struct bk_err ignored = {0};
	uint8_t digest[BK_DIGEST_LEN];
	int rc = 0;

	if (bk_set_rows(set, folder->id, true, &rows, &ignored) < 0)
		goto out;
	for (size_t i = 0; rc == 0 && i < rows.n; i++) {
		const struct bk_row *row = &rows.items[i];
		struct bk_buf_sink sink;
		if (row->frame || !is_wanted(regain, row->digest))
			continue;
		body.len = 0;
		/* Its references may be many, of one chunk. */
		bk_buf_sink_init(&sink, &body, row->msg.size);
		rc = bk_cancelled(err);
		if (rc == 0 && bk_chunk_reader_join(reader, row, &sink.sink,
						    &ignored) == 0)
			rc = bk_regain_take(regain, bk_buf_view(&body),
					    "another set", digest, err);
	}
out:
	bk_buf_clear(&body);
	bk_row_list_clear(&rows);
	return rc;
}

int bk_regain_from_sets(struct bk_regain *regain, struct bk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < regain->n_sets; i++) {
		struct bk_set *set = regain->sets[i];
		if (!bk_regain_lacks_any(regain))
			break;
		struct bk_chunk_reader *reader =
			bk_chunk_reader_new(set, CACHE);
		for (size_t k = 0; rc == 0 && k < set->n_folders; k++)
			rc = from_folder(regain, set, &set->folders[k], reader,
					 err);
		bk_chunk_reader_free(reader);
	}
	return rc;
}

/* ---- blocks ---- */

int bk_regain_finish(struct bk_regain *regain, struct bk_err *err)
{
	for (size_t i = 0; i < regain->n_packs; i++)
		if (regain->packs[i].remake &&
		    bk_pack_remake_finish(regain->packs[i].remake, err) < 0)
			return -1;
	return 0;
}

struct bk_mend_patch *bk_regain_patches(const struct bk_regain *regain,
					const char *blob, size_t *n,
					uint32_t *damaged, uint32_t *made)
{
	struct bk_mend_patch *patches = NULL;
	size_t cap = 0;

	*n = 0;
	*damaged = *made = 0;
	for (size_t i = 0; i < regain->n_packs; i++) {
		const struct bk_regain_pack *pack = &regain->packs[i];
		if (!pack->remake || !is_in(&pack->row, blob))
			continue;
		uint32_t its = bk_pack_remake_made(pack->remake);
		*damaged += bk_pack_remake_damaged(pack->remake);
		*made += its;
		for (uint32_t k = 0; k < its; k++) {
			struct bk_mend_patch patch = {0};
			patch.bytes = bk_pack_remake_block(pack->remake, k,
							   &patch.offset);
			patch.offset += pack->row.offset;
			patches = bk_array_room(patches, *n, &cap,
						sizeof(*patches));
			patches[(*n)++] = patch;
		}
	}
	return patches;
}
