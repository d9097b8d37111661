/* What was asked for and is not there: see backup_missing.h. */

#include "job/backup_missing.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

/* Patterns of domains are kept as "@PATTERN". */
static bool fits(const char *pattern, const char *address)
{
	const char *at = strrchr(address, '@');

	if (*pattern != '@')
		return bk_pattern_account(pattern, address);
	return at && bk_pattern_account(pattern + 1, at + 1);
}

static bool fits_any(const char *pattern,
		     const struct bk_account_list *accounts)
{
	for (size_t i = 0; i < accounts->n; i++)
		if (fits(pattern, accounts->items[i].address))
			return true;
	return false;
}

static void find_missing(const struct bk_filter *only,
			 const struct bk_account_list *accounts,
			 struct bk_names *out)
{
	struct bk_buf domain = {0};

	for (size_t i = 0; i < only->include.n; i++)
		if (!fits_any(only->include.items[i], accounts))
			bk_names_add(out, only->include.items[i]);
	for (size_t i = 0; i < only->domains.n; i++) {
		domain.len = 0;
		bk_buf_printf(&domain, "@%s", only->domains.items[i]);
		if (!fits_any(bk_buf_text(&domain), accounts))
			bk_names_add(out, bk_buf_text(&domain));
	}
	bk_buf_clear(&domain);
}

static bool is_in(const struct bk_set *set, const char *pattern,
		  const struct bk_filter *of_job)
{
	for (size_t i = 0; set && i < set->n_accounts; i++) {
		const char *address = set->accounts[i].account.address;
		if (fits(pattern, address) && bk_filter_takes(of_job, address))
			return true;
	}
	return false;
}

static const char *text_for(const char *name, const struct bk_filter *of_job)
{
	if (!bk_filter_is_empty(of_job))
		return "not in the store, or not of this job";
	return *name == '@' ? "no account of this domain in the store"
			    : "no such account in the store";
}

size_t bk_missing_report(const struct bk_backup *run)
{
	const struct bk_filter *of_job = &run->request->job->accounts;
	size_t n = 0;

	for (size_t i = 0; i < run->missing.n; i++) {
		const char *name = run->missing.items[i];
		if (is_in(run->base.previous, name, of_job))
			continue;
		bk_progress_item_error(run->progress,
				       &(struct bk_item_error){
					       .kind = BK_GONE,
					       .account = name,
					       .text = text_for(name, of_job),
					       .outcome = "not in this set",
				       });
		n++;
	}
	return n;
}

static void note_missing(const struct bk_names *missing,
			 struct bk_progress *progress)
{
	for (size_t i = 0; i < missing->n; i++) {
		char *note = bk_asprintf(
			"the configuration names '%s', which is not in the "
			"store",
			missing->items[i]);
		bk_progress_note(progress, note);
		free(note);
	}
}

static int none_taken(const struct bk_names *missing,
		      const struct bk_account_list *accounts, const char *where,
		      struct bk_err *err)
{
	struct bk_nearest near;

	if (!missing->n)
		return bk_fail(err, BK_GONE,
			       "%s: none of its %zu accounts is chosen by "
			       "options and configuration together. No set "
			       "written",
			       where, accounts->n);
	bk_nearest_init(&near, missing->items[0]);
	for (size_t i = 0; i < accounts->n; i++)
		bk_nearest_offer(&near, accounts->items[i].address);
	return bk_fail(err, BK_GONE,
		       "%s: '%s' is none of its %zu accounts%s%s. No set "
		       "written",
		       where, missing->items[0], accounts->n,
		       near.best ? "; nearest: " : "",
		       near.best ? near.best : "");
}

/* ---- choosing ---- */

static void keep_taken(struct bk_account_list *accounts,
		       const struct bk_filter *filter)
{
	size_t kept = 0;

	for (size_t i = 0; i < accounts->n; i++)
		if (bk_filter_takes(filter, accounts->items[i].address))
			accounts->items[kept++] = accounts->items[i];
	accounts->n = kept;
}

static bool takes_any(const struct bk_account_list *accounts,
		      const struct bk_filter *filter)
{
	for (size_t i = 0; i < accounts->n; i++)
		if (bk_filter_takes(filter, accounts->items[i].address))
			return true;
	return false;
}

int bk_missing_choose(struct bk_backup *run, struct bk_err *err)
{
	const struct bk_filter *of_job = &run->request->job->accounts;
	const struct bk_filter *only = run->request->only;
	struct bk_account_list *accounts = &run->accounts;
	const struct bk_store_config *config = &run->request->job->store.config;
	const char *where = config->path ? config->path : config->name;
	struct bk_names unknown = {0};
	int rc = 0;

	run->outcome->place = BK_PLACE_SET;
	find_missing(of_job, accounts, &unknown);
	if (!takes_any(accounts, of_job))
		rc = none_taken(&unknown, accounts, where, err);
	else
		note_missing(&unknown, run->progress);
	bk_names_clear(&unknown);
	if (rc < 0)
		return -1;
	keep_taken(accounts, of_job);
	find_missing(only, accounts, &run->missing);
	if (!takes_any(accounts, only))
		return none_taken(&run->missing, accounts, where, err);
	keep_taken(accounts, only);
	return 0;
}
