/* Spread targets over folders: see spread_world.h. */

#include "lib/test.h"

#include "lib/spread_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/dice.h"
#include "target/spread_parts.h"

void spread_begin(struct spread_world *world)
{
	*world = (struct spread_world){0};
	scratch_make(&world->scratch);
}

void spread_end(struct spread_world *world, struct bk_target *target)
{
	bk_target_close(target);
	scratch_drop(&world->scratch);
}

int spread_try(struct spread_world *world, struct bk_target **out, unsigned d,
	       unsigned p, unsigned n)
{
	const struct bk_reach reach = {
		.spread = &world->plan,
		.spool = world->scratch.path,
	};

	world->plan = (struct bk_spread_reach){
		{d, p, n},
                world->reaches
        };
	for (unsigned i = 0; i < n; i++) {
		char *where = world->wheres[i];
		(void)snprintf(where, sizeof(world->wheres[i]), "%s/%c",
			       world->scratch.path, 'a' + (int)i);
		world->reaches[i] = (struct bk_spread_child_reach){
			.name = strrchr(where, '/') + 1,
			.where = where,
		};
	}
	world->err = (struct bk_err){0};
	return bk_target_open(out, "spread:", &reach, true, &world->err);
}

struct bk_target *spread_open(struct spread_world *world, unsigned d,
			      unsigned p, unsigned n)
{
	struct bk_buf marker = spread_bytes(64);
	struct bk_target *target = NULL;

	if (spread_try(world, &target, d, p, n) < 0)
		fail_msg("%s", world->err.text);
	spread_must_put(target, "bkrepo", &marker);
	bk_target_close(target);
	bk_buf_clear(&marker);
	if (spread_try(world, &target, d, p, n) < 0)
		fail_msg("%s", world->err.text);
	return target;
}

int spread_put(struct spread_world *world, struct bk_target *target,
	       const char *name, const struct bk_buf *bytes)
{
	world->err = (struct bk_err){0};
	return bk_target_put(target, name, bk_buf_view(bytes), &world->err);
}

void spread_must_put(struct bk_target *target, const char *name,
		     const struct bk_buf *bytes)
{
	struct bk_err err = {0};

	if (bk_target_put(target, name, bk_buf_view(bytes), &err) < 0)
		fail_msg("%s", err.text);
}

bool spread_reads(struct bk_target *target, const char *name,
		  const struct bk_buf *want)
{
	struct bk_buf got = {0};
	struct bk_err err = {0};

	bk_spread_blob_forget(bk_spread_of(target), name);
	int rc = bk_target_read(target, name, 0, want->len, &got, &err);
	if (rc == 0)
		assert_memory_equal(got.data, want->data, want->len);
	bk_buf_clear(&got);
	return rc == 0;
}

char *spread_file(const struct spread_world *world, unsigned child,
		  const char *name, size_t length)
{
	char *there = bk_spread_name_there(name, length);
	char *path = bk_asprintf("%s/%s", world->wheres[child], there);

	free(there);
	return path;
}

void spread_flip(const struct spread_world *world, unsigned child,
		 const char *name, size_t length, size_t at)
{
	char *path = spread_file(world, child, name, length);
	uint8_t byte = 0;
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	(void)close(fd);
	free(path);
}

struct bk_buf spread_bytes(size_t n)
{
	struct bk_buf bytes = {0};
	struct dice dice = {n};

	dice_fill(&dice, bk_buf_grow(&bytes, n), n);
	return bytes;
}

struct faulty *spread_spoil(struct bk_target *target, unsigned child)
{
	struct bk_spread_child *it = &bk_spread_of(target)->children[child];
	struct faulty *faulty = faulty_open(it->target);

	it->target = &faulty->wrapper.target;
	return faulty;
}
