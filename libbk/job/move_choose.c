/* Which accounts a move is about: see move_work.h. */

#include <stdlib.h>
#include <string.h>

#include "base/account_as.h"
#include "base/nearest.h"
#include "job/move_work.h"

/* A name that fits nothing is a slip. */
static int no_account(const struct bk_move *move,
		      const struct bk_move_accounts *among, const char *name,
		      struct bk_err *err)
{
	const char *where = move->request->accounts_file
				    ? move->request->accounts_file
				    : move->request->from->name;
	struct bk_nearest near;

	move->outcome->place = BK_PLACE_SET;
	bk_nearest_init(&near, name);
	for (size_t i = 0; i < among->n; i++)
		bk_nearest_offer(&near, among->items[i].from);
	if (near.best)
		return bk_fail(err, BK_GONE,
			       "no account '%s' in %s; nearest: %s (of %zu). "
			       "Nothing was moved.",
			       name, where, near.best, among->n);
	return bk_fail(err, BK_GONE,
		       "no account '%s' in %s, which has %zu. Nothing was "
		       "moved.",
		       name, where, among->n);
}

static bool fits_any(const struct bk_move_accounts *among, const char *pattern)
{
	for (size_t i = 0; i < among->n; i++)
		if (bk_pattern_account(pattern, among->items[i].from))
			return true;
	return false;
}

static bool has_domain(const struct bk_move_accounts *among,
		       const char *pattern)
{
	for (size_t i = 0; i < among->n; i++) {
		const char *at = strrchr(among->items[i].from, '@');
		if (at && bk_pattern_account(pattern, at + 1))
			return true;
	}
	return false;
}

/* Each name that was given has to mean somebody. */
static int check_all_fit(const struct bk_move *move,
			 const struct bk_move_accounts *among,
			 struct bk_err *err)
{
	const struct bk_filter *only = move->request->only;

	for (size_t i = 0; i < only->include.n; i++)
		if (!fits_any(among, only->include.items[i]))
			return no_account(move, among, only->include.items[i],
					  err);
	for (size_t i = 0; i < only->domains.n; i++) {
		if (has_domain(among, only->domains.items[i]))
			continue;
		move->outcome->place = BK_PLACE_SET;
		return bk_fail(err, BK_GONE,
			       "no account of domain '%s' among %zu. Nothing "
			       "was moved.",
			       only->domains.items[i], among->n);
	}
	return 0;
}

/* All that the source lists. */
static int list_source(struct bk_move *move, struct bk_err *err)
{
	struct bk_move_end *from = move->request->from;
	struct bk_account_list list = {0};
	struct bk_store *store = NULL;

	if (bk_move_end_open(from, &move->accounts, err) < 0)
		return -1;
	move->outcome->place = BK_PLACE_SOURCE;
	int rc = bk_store_open(&store, &from->store.config, err);
	if (rc == 0)
		rc = store->ops->accounts(store, &list, err);
	for (size_t i = 0; rc == 0 && i < list.n; i++)
		bk_move_accounts_add(&move->accounts, list.items[i].address);
	if (rc == 0 && !list.n)
		rc = bk_fail(err, BK_GONE,
			     "%s: there is no account in it. Is the path "
			     "right, and the file system mounted?",
			     from->name);
	bk_account_list_clear(&list);
	bk_store_close(store);
	return rc;
}

/* Who names everybody need not have the server list all that there are. */
static bool names_everybody(const struct bk_filter *only)
{
	for (size_t i = 0; i < only->include.n; i++)
		if (bk_pattern_is_wild(only->include.items[i]))
			return false;
	return only->include.n > 0;
}

static bool is_listed(const struct bk_move_request *request)
{
	const struct bk_move_end *from = request->from;

	return bk_move_end_lists(from) ||
	       (bk_move_end_may_list(from) && !names_everybody(request->only));
}

/* A server does not say whom it knows. */
static int take_named(struct bk_move *move, struct bk_err *err)
{
	const struct bk_names *names = &move->request->only->include;
	const char *server = move->request->from->name;

	move->outcome->place = BK_PLACE_REQUEST;
	if (!names->n)
		return bk_fail(err, BK_MISUSE,
			       "which accounts? This IMAP server does not "
			       "list them: name them by --account or "
			       "--accounts FILE (%s)",
			       server);
	for (size_t i = 0; i < names->n; i++) {
		if (bk_pattern_is_wild(names->items[i]))
			return bk_fail(err, BK_MISUSE,
				       "--account '%s': this IMAP server does "
				       "not list its accounts, so a pattern "
				       "means nobody; name them by --accounts "
				       "FILE (%s)",
				       names->items[i], server);
		bk_move_accounts_add(&move->accounts, names->items[i]);
	}
	return 0;
}

static int apply_as(struct bk_move *move, struct bk_err *err)
{
	const char *as = move->request->as;

	move->outcome->place = BK_PLACE_REQUEST;
	if (!as)
		return 0;
	for (size_t i = 0; i < move->accounts.n; i++)
		move->accounts.items[i].to = bk_account_as(
			&move->arena, as, move->accounts.items[i].from);
	if (bk_move_accounts_check(&move->accounts, err) < 0)
		return bk_context(err, "--as '%s'", as);
	return 0;
}

int bk_move_choose(struct bk_move *move, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	bool all_named = false;
	int rc;

	move->outcome->place = BK_PLACE_REQUEST;
	if (request->accounts_file) {
		rc = bk_move_accounts_read(&move->accounts,
					   request->accounts_file, err);
		if (rc < 0)
			return bk_context(err, "--accounts");
	} else if (is_listed(request)) {
		rc = list_source(move, err);
	} else {
		rc = take_named(move, err);
		all_named = true;
	}
	if (rc < 0 ||
	    (!all_named && check_all_fit(move, &move->accounts, err) < 0))
		return -1;
	bk_move_accounts_filter(&move->accounts, request->only);
	if (bk_move_accounts_check(&move->accounts, err) < 0)
		return -1;
	if (!move->accounts.n) {
		move->outcome->place = BK_PLACE_SET;
		return bk_fail(err, BK_GONE,
			       "no account fits. Nothing was moved.");
	}
	return apply_as(move, err);
}
