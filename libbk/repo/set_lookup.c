/* Finding accounts and folders of an opened set: see set.h. */

#include <stdlib.h>
#include <string.h>

#include "repo/set.h"
#include "repo/set_names.h"

static int by_address(const void *a, const void *b)
{
	const struct bk_set_account *const *x = a, *const *y = b;

	return strcmp((*x)->account.address, (*y)->account.address);
}

static int by_account(const void *a, const void *b)
{
	const struct bk_set_folder *const *x = a, *const *y = b;

	if ((*x)->account_id != (*y)->account_id)
		return (*x)->account_id < (*y)->account_id ? -1 : 1;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

static int by_name(const void *a, const void *b)
{
	const struct bk_set_folder *const *x = a, *const *y = b;

	if ((*x)->account_id != (*y)->account_id)
		return (*x)->account_id < (*y)->account_id ? -1 : 1;
	return strcmp((*x)->folder.name, (*y)->folder.name);
}

/* All folders in an order; allocated. */
static const struct bk_set_folder **sorted(const struct bk_set *set,
					   int (*order)(const void *,
							const void *))
{
	const struct bk_set_folder **out =
		bk_alloc(set->n_folders * sizeof(struct bk_set_folder *));

	for (size_t i = 0; i < set->n_folders; i++)
		out[i] = &set->folders[i];
	qsort(out, set->n_folders, sizeof(struct bk_set_folder *), order);
	return out;
}

void bk_set_lookup_init(struct bk_set *set)
{
	set->by_address =
		bk_alloc(set->n_accounts * sizeof(struct bk_set_account *));
	for (size_t i = 0; i < set->n_accounts; i++)
		set->by_address[i] = &set->accounts[i];
	qsort(set->by_address, set->n_accounts, sizeof(struct bk_set_account *),
	      by_address);
	set->by_account = sorted(set, by_account);
	set->by_name = sorted(set, by_name);
}

const struct bk_set_account *bk_set_account_by_id(const struct bk_set *set,
						  uint32_t id)
{
	for (size_t low = 0, high = set->n_accounts; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (set->accounts[middle].id == id)
			return &set->accounts[middle];
		if (set->accounts[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct bk_set_account *bk_set_account_find(const struct bk_set *set,
						 const char *address)
{
	for (size_t low = 0, high = set->n_accounts; low < high;) {
		size_t middle = low + (high - low) / 2;
		const struct bk_set_account *account = set->by_address[middle];
		int order = strcmp(account->account.address, address);
		if (!order)
			return account;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct bk_set_folder *bk_set_folder_by_id(const struct bk_set *set,
						uint32_t id)
{
	for (size_t low = 0, high = set->n_folders; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (set->folders[middle].id == id)
			return &set->folders[middle];
		if (set->folders[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct bk_set_folder *bk_set_folder_of(const struct bk_set *set,
					     uint32_t account_id, size_t i)
{
	size_t low = 0, high = set->n_folders;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->by_account[middle]->account_id < account_id)
			low = middle + 1;
		else
			high = middle;
	}
	if (i >= set->n_folders - low ||
	    set->by_account[low + i]->account_id != account_id)
		return NULL;
	return set->by_account[low + i];
}

const struct bk_set_folder *bk_set_folder_named(const struct bk_set *set,
						uint32_t account_id,
						const char *name)
{
	const struct bk_set_folder key = {
		.account_id = account_id,
		.folder.name = name,
	};
	const struct bk_set_folder *wanted = &key;
	const struct bk_set_folder **hit =
		bsearch(&wanted, set->by_name, set->n_folders,
			sizeof(struct bk_set_folder *), by_name);

	return hit ? *hit : NULL;
}
