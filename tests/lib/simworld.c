/* A repository in a simulated target: see simworld.h. */

#include "lib/simworld.h"

#include <string.h>

#include "base/clock.h"
#include "lib/cheapsign.h"
#include "lib/testrepo.h"
#include "repo/marker.h"
#include "repo/presence.h"
#include "repo/set.h"

void sim_world_make(struct sim_world *world)
{
	struct bk_marker marker = {BK_FORMAT_MAJOR, BK_FORMAT_MAJOR, 20000,
				   "simulated"};
	uint8_t bytes[BK_MARKER_LEN];
	struct sim_link link = {0};
	struct bk_err err = {0};

	cheapsign_use();
	*world = (struct sim_world){0};
	world->now_ms = bk_clock_now_ms();
	memcpy(world->keys.id, marker.id, BK_ID_LEN);
	testrepo_done(bk_keys_generate(&world->keys.keys, &err), &err);
	sim_link_open(&link, &world->store, NULL);
	bk_marker_encode(&marker, bytes);
	testrepo_done(bk_target_put(&link.target, BK_MARKER_NAME,
				    (struct bk_view){bytes, sizeof(bytes)},
				    &err),
		      &err);
}

void sim_world_drop(struct sim_world *world)
{
	sim_store_clear(&world->store);
	sim_clear(&world->sim);
	bk_keys_clear(&world->keys.keys);
}

void sim_world_view(const struct sim_world *world, unsigned host,
		    struct sim_link *link, struct bk_repo *out)
{
	*out = world->keys;
	out->target = &link->target;
	memset(out->host, 'A' + (int)host, sizeof(out->host));
}

bool sim_set_is_whole(struct sim_world *world, const uint8_t id[16],
		      struct bk_err *why)
{
	struct sim_link link = {0};
	struct bk_blob_list data = {0};
	struct bk_set *set = NULL;
	struct bk_repo repo;

	sim_link_open(&link, &world->store, NULL);
	sim_world_view(world, 0, &link, &repo);
	int rc = bk_set_open(&set, &repo, id, why);
	if (rc == 0)
		rc = bk_target_list(&link.target, "data", &data, why);
	if (rc == 0)
		rc = bk_presence_set(&data, set, why);
	bk_blob_list_clear(&data);
	bk_set_close(set);
	return rc == 0;
}
