/*
 * Any message, split and joined, is the same bytes; and its recipe, spoiled by
 * the first byte of the input, never crashes the joiner.
 */

#include <stdlib.h>
#include <string.h>

#include "lib/chunks.h"
#include "mail/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct world {
	struct chunks chunks;
	struct bk_digester *digester;
	struct bk_split_room room;
	struct bk_recipe recipe;
	uint8_t digest[BK_DIGEST_LEN];
};

static void come_back(struct world *world, struct bk_view message)
{
	struct expecting expecting;
	struct bk_err err = {0};

	if (bk_split(message, &world->room, &world->chunks.sink, &world->recipe,
		     world->digest, &err) < 0)
		abort();
	expecting_init(&expecting, message);
	if (bk_join(&world->recipe, &world->chunks.source, world->digester,
		    world->digest, &expecting.sink, &err) < 0)
		abort();
	if (expecting.differs || expecting.left.len)
		abort();
}

static void spoil_and_join(struct world *world, uint8_t how)
{
	struct bk_recipe *recipe = &world->recipe;
	struct expecting expecting;
	struct bk_err err = {0};

	if (recipe->n_parts) {
		struct bk_part *part = &recipe->parts[how % recipe->n_parts];
		part->skip += how;
		part->n_refs += how & 1;
		part->encoded ^= how >> 1 & 1;
		part->line = how * 4U;
	}
	if (recipe->n_refs)
		recipe->refs[how % recipe->n_refs] ^= how >> 4;
	expecting_init(&expecting, (struct bk_view){NULL, 0});
	(void)bk_join(recipe, &world->chunks.source, world->digester,
		      world->digest, &expecting.sink, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct bk_digest_key key;
	struct world world = {0};

	if (!len)
		return 0;
	world.digester = bk_digester_new(&key);
	world.room.digester = world.digester;
	chunks_init(&world.chunks);
	come_back(&world, (struct bk_view){data + 1, len - 1});
	spoil_and_join(&world, data[0]);
	chunks_clear(&world.chunks);
	bk_digester_free(world.digester);
	bk_split_room_clear(&world.room);
	bk_recipe_clear(&world.recipe);
	return 0;
}
