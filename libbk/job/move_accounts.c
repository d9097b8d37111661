/* The accounts of a move: see move_accounts.h.  Files of them are
 * accounts_file.c's. */

#include "job/move_accounts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void bk_move_accounts_clear(struct bk_move_accounts *accounts)
{
	free(accounts->items);
	bk_arena_clear(&accounts->arena);
	bk_secret_clear(&accounts->secrets);
	*accounts = (struct bk_move_accounts){0};
}

void bk_move_accounts_add(struct bk_move_accounts *accounts,
			  const char *address)
{
	accounts->items =
		bk_array_room(accounts->items, accounts->n, &accounts->cap,
			      sizeof(*accounts->items));
	const char *copy = bk_arena_strdup(&accounts->arena, address);
	accounts->items[accounts->n++] =
		(struct bk_move_account){.from = copy, .to = copy};
}

void bk_move_accounts_filter(struct bk_move_accounts *accounts,
			     const struct bk_filter *filter)
{
	size_t n = 0;

	accounts->known = accounts->n;
	for (size_t i = 0; i < accounts->n; i++) {
		struct bk_move_account account = accounts->items[i];
		if (!bk_filter_takes(filter, account.from))
			continue;
		accounts->items[i] = accounts->items[n];
		accounts->items[n++] = account;
	}
	accounts->n = n;
}

static int by_from(const void *a, const void *b)
{
	const struct bk_move_account *x = *(void *const *)a;
	const struct bk_move_account *y = *(void *const *)b;

	return strcasecmp(x->from, y->from);
}

static int by_to(const void *a, const void *b)
{
	const struct bk_move_account *x = *(void *const *)a;
	const struct bk_move_account *y = *(void *const *)b;

	return strcasecmp(x->to, y->to);
}

static int twice(const struct bk_move_accounts *accounts,
		 const struct bk_move_account *a,
		 const struct bk_move_account *b, struct bk_err *err)
{
	const struct bk_move_account *first = a->line <= b->line ? a : b;
	const struct bk_move_account *second = first == a ? b : a;

	if (strcasecmp(a->from, b->from) != 0)
		(void)bk_fail(err, BK_MISUSE,
			      "'%s' and '%s' would both become '%s'",
			      first->from, second->from, second->to);
	else if (first->line)
		(void)bk_fail(err, BK_MISUSE,
			      "'%s' is there already, in line %u", second->from,
			      first->line);
	else
		(void)bk_fail(err, BK_MISUSE, "'%s' is named twice",
			      second->from);
	if (second->line)
		(void)bk_context(err, "%s:%u", accounts->file, second->line);
	return -1;
}

static int check_order(const struct bk_move_accounts *accounts,
		       const void **order,
		       int (*compare)(const void *a, const void *b),
		       struct bk_err *err)
{
	if (accounts->n)
		qsort(order, accounts->n, sizeof(const void *), compare);
	for (size_t i = 1; i < accounts->n; i++)
		if (compare(&order[i - 1], &order[i]) == 0)
			return twice(accounts, order[i - 1], order[i], err);
	return 0;
}

int bk_move_accounts_check(const struct bk_move_accounts *accounts,
			   struct bk_err *err)
{
	size_t n = accounts->n;
	const void **order = bk_alloc((n + 1) * sizeof(const void *));
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		order[i] = &accounts->items[i];
	rc = check_order(accounts, order, by_from, err);
	if (rc == 0)
		rc = check_order(accounts, order, by_to, err);
	free(order);
	return rc;
}

const struct bk_move_account *bk_move_accounts_find(
	const struct bk_move_accounts *accounts, const char *address,
	int source)
{
	for (size_t i = 0; i < accounts->n; i++) {
		const struct bk_move_account *account = &accounts->items[i];
		if (strcmp(source ? account->from : account->to, address) == 0)
			return account;
	}
	return NULL;
}
