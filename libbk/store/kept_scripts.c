/* Scripts among what a set has of an account: see kept_scripts.h. */

#include "store/kept_scripts.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

#define ACTIVE "sieve"
#define SCRIPT "sieve/"
#define PREFIX (sizeof(SCRIPT) - 1)

static bool is_script(const struct bk_property *setting)
{
	return strncmp(setting->name, SCRIPT, PREFIX) == 0;
}

static bool is_ours(const struct bk_property *setting)
{
	return strcmp(setting->name, ACTIVE) == 0 || is_script(setting);
}

/* Room for so many more than those that are none of ours, which come first. */
static void make_room(struct bk_account *account, size_t more,
		      struct bk_arena *arena)
{
	struct bk_property *settings = bk_arena_alloc(
		arena, (account->n_settings + more + 1) * sizeof(*settings));
	size_t n = 0;

	for (size_t i = 0; i < account->n_settings; i++)
		if (!is_ours(&account->settings[i]))
			settings[n++] = account->settings[i];
	account->settings = settings;
	account->n_settings = n;
}

static void add(struct bk_account *account, const char *name,
		struct bk_view value)
{
	account->settings[account->n_settings++] =
		(struct bk_property){.name = name, .value = value};
}

/* ---- into a set ---- */

static bool too_large(const struct bk_script_list *scripts)
{
	size_t bytes = 0;

	for (size_t i = 0; i < scripts->n; i++) {
		const struct bk_script *script = &scripts->items[i];
		if (script->text.len > BK_KEPT_SCRIPTS_MOST)
			return true;
		bytes += strlen(script->name) + script->text.len;
		if (bytes > BK_KEPT_SCRIPTS_MOST)
			return true;
	}
	return false;
}

int bk_kept_scripts_put(struct bk_account *account,
			const struct bk_script_list *scripts,
			struct bk_arena *arena, struct bk_err *err)
{
	const char *active = "";

	if (too_large(scripts))
		return bk_fail(err, BK_REFUSED,
			       "%zu scripts are above %zu MiB together, which "
			       "is all that a set has room for",
			       scripts->n, BK_KEPT_SCRIPTS_MOST >> 20);
	for (size_t i = 0; i < scripts->n; i++)
		if (scripts->items[i].active)
			active = scripts->items[i].name;
	make_room(account, scripts->n + 1, arena);
	add(account, ACTIVE,
	    (struct bk_view){(const uint8_t *)active, strlen(active)});
	for (size_t i = 0; i < scripts->n; i++) {
		const struct bk_script *script = &scripts->items[i];
		size_t len = strlen(script->name);
		char *name = bk_arena_alloc(arena, PREFIX + len + 1);
		memcpy(name, SCRIPT, PREFIX);
		memcpy(name + PREFIX, script->name, len);
		add(account, name, script->text);
	}
	return 0;
}

bool bk_kept_scripts_take_over(struct bk_account *account,
			       const struct bk_account *from,
			       struct bk_arena *arena)
{
	make_room(account, from->n_settings, arena);
	size_t n = account->n_settings;
	for (size_t i = 0; i < from->n_settings; i++)
		if (is_ours(&from->settings[i]))
			add(account, from->settings[i].name,
			    from->settings[i].value);
	return account->n_settings > n;
}

/* ---- out of a set ---- */

/* A set is not trusted: what a server would not call a script is none. */
static bool is_name(const char *name)
{
	if (!*name || !bk_utf8_valid(name, strlen(name)))
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return true;
}

static bool same_name(struct bk_view text, const char *name)
{
	return text.len == strlen(name) &&
	       (!text.len || memcmp(text.data, name, text.len) == 0);
}

int bk_kept_scripts(const struct bk_account *account,
		    struct bk_script_list *out)
{
	const struct bk_property *active = NULL;

	for (size_t i = 0; i < account->n_settings; i++)
		if (strcmp(account->settings[i].name, ACTIVE) == 0)
			active = &account->settings[i];
	for (size_t i = 0; active && i < account->n_settings; i++) {
		const struct bk_property *from = &account->settings[i];
		if (!is_script(from) || !is_name(from->name + PREFIX))
			continue;
		const char *name = from->name + PREFIX;
		struct bk_script *script = bk_script_list_add(out);
		*script = (struct bk_script){
			.name = bk_arena_strdup(&out->arena, name),
			.text.data = bk_arena_memdup(
				&out->arena, from->value.data, from->value.len),
			.text.len = from->value.len,
			.active = same_name(active->value, name),
		};
	}
	bk_script_list_sort(out);
	return active != NULL;
}
