/* Accounts are spread over servers: see placing.h. */

#include "job/placing.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

__extension__ typedef unsigned __int128 wide;

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static bool fits(const struct bk_placing_server *server,
		 const struct bk_placing_room *room, uint64_t bytes)
{
	return room->may && bytes <= room->bytes && bytes <= server->free &&
	       plus(server->bytes, bytes) <= server->capacity;
}

/* How full it would be, without its weight. */
static wide load(const struct bk_placing_server *server, uint64_t bytes)
{
	return (wide)server->bytes + bytes +
	       ((wide)server->accounts + 1) * BK_PLACING_EACH;
}

/* Is x less full with it than y?  Of two that are alike the first one is. */
static bool is_better(const struct bk_placing_server *x,
		      const struct bk_placing_server *y, uint64_t bytes)
{
	return load(x, bytes) * y->weight < load(y, bytes) * x->weight;
}

static size_t best(const struct bk_placing_server *servers, size_t n,
		   const struct bk_placing_account *account)
{
	size_t found = BK_PLACING_NOWHERE;

	for (size_t i = 0; i < n; i++) {
		if (!fits(&servers[i], &account->rooms[i], account->bytes))
			continue;
		if (found == BK_PLACING_NOWHERE ||
		    is_better(&servers[i], &servers[found], account->bytes))
			found = i;
	}
	return found;
}

static void add(struct bk_placing_server *server,
		const struct bk_placing_account *account, bool arrived)
{
	server->bytes = plus(server->bytes, account->bytes);
	server->accounts++;
	if (arrived || server->free == UINT64_MAX)
		return;
	server->free -=
		account->bytes < server->free ? account->bytes : server->free;
}

/* The largest first; then by name, whatever order they came in. */
static int by_size(const void *a, const void *b)
{
	const struct bk_placing_account *x = *(void *const *)a;
	const struct bk_placing_account *y = *(void *const *)b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return strcmp(x->address, y->address);
}

void bk_placing_make(struct bk_placing_server *servers, size_t n,
		     struct bk_placing_account *accounts, size_t n_accounts)
{
	struct bk_placing_account **order =
		bk_alloc((n_accounts + 1) * sizeof(void *));
	size_t left = 0;

	for (size_t i = 0; i < n_accounts; i++) {
		struct bk_placing_account *account = &accounts[i];
		if (account->at == BK_PLACING_NOWHERE)
			order[left++] = account;
		else
			add(&servers[account->at], account, account->arrived);
	}
	if (left)
		qsort(order, left, sizeof(void *), by_size);
	for (size_t i = 0; i < left; i++) {
		struct bk_placing_account *account = order[i];
		account->at = best(servers, n, account);
		if (account->at != BK_PLACING_NOWHERE)
			add(&servers[account->at], account, false);
	}
	free(order);
}

/* ---- at run time ---- */

static bool comes_first(const struct bk_placing_lane *x,
			const struct bk_placing_lane *y)
{
	return x->running != y->running ? x->running < y->running
					: x->left > y->left;
}

size_t bk_placing_next(const struct bk_placing_lane *lanes, size_t n)
{
	size_t found = BK_PLACING_NOWHERE;

	for (size_t i = 0; i < n; i++) {
		const struct bk_placing_lane *lane = &lanes[i];
		if (!lane->left || (lane->most && lane->running >= lane->most))
			continue;
		if (found == BK_PLACING_NOWHERE ||
		    comes_first(lane, &lanes[found]))
			found = i;
	}
	return found;
}
