/* Is every section, key and value of a configuration known and right?  See
 * bk_conf_check in conf.h. */

#include <string.h>

#include "base/conf.h"
#include "base/nearest.h"

static const struct bk_conf_schema *find_schema(
	const struct bk_conf_schema *schema, const char *type)
{
	for (; schema->type; schema++)
		if (strcmp(schema->type, type) == 0)
			return schema;
	return NULL;
}

static int unknown_section(const struct bk_conf_section *s,
			   const struct bk_conf_schema *schema,
			   struct bk_err *err)
{
	const char *gap = *s->name ? " " : "";
	struct bk_nearest near;

	bk_nearest_init(&near, s->type);
	for (; schema->type; schema++)
		bk_nearest_offer(&near, schema->type);
	if (near.best)
		return bk_fail(err, BK_MISUSE,
			       "%s:%u: unknown section [%s%s%s]; did you mean "
			       "[%s%s%s]?",
			       s->file, s->line, s->type, gap, s->name,
			       near.best, gap, s->name);
	return bk_fail(err, BK_MISUSE,
		       "%s:%u: unknown section [%s%s%s]; see bk.conf(5)",
		       s->file, s->line, s->type, gap, s->name);
}

static int unknown_key(const struct bk_conf_section *s,
		       const struct bk_conf_entry *entry,
		       const struct bk_conf_key *keys, struct bk_err *err)
{
	const char *gap = *s->name ? " " : "";
	struct bk_nearest near;

	bk_nearest_init(&near, entry->key);
	for (; keys->name; keys++)
		bk_nearest_offer(&near, keys->name);
	if (near.best)
		return bk_fail(err, BK_MISUSE,
			       "%s:%u: unknown key '%s' in [%s%s%s]; did you "
			       "mean '%s'?",
			       entry->file, entry->line, entry->key, s->type,
			       gap, s->name, near.best);
	return bk_fail(err, BK_MISUSE,
		       "%s:%u: unknown key '%s' in [%s%s%s]; see bk.conf(5)",
		       entry->file, entry->line, entry->key, s->type, gap,
		       s->name);
}

static int check_entry(const struct bk_conf_section *s,
		       const struct bk_conf_entry *entry,
		       const struct bk_conf_key *keys, struct bk_err *err)
{
	const struct bk_conf_key *key = keys;

	while (key->name && strcmp(key->name, entry->key) != 0)
		key++;
	if (!key->name)
		return unknown_key(s, entry, keys, err);
	if (*entry->value == 0) {
		bk_fail(err, BK_MISUSE, "no value");
		return bk_conf_blame(entry, err);
	}
	if (key->check && key->check(entry->value, err) < 0)
		return bk_conf_blame(entry, err);
	return 0;
}

static int check_section(const struct bk_conf_section *s,
			 const struct bk_conf_schema *schema,
			 struct bk_err *err)
{
	const struct bk_conf_schema *known = find_schema(schema, s->type);

	if (!known)
		return unknown_section(s, schema, err);
	if (known->named && *s->name == 0)
		return bk_fail(err, BK_MISUSE,
			       "%s:%u: [%s] needs a name, as in [%s main]",
			       s->file, s->line, s->type, s->type);
	if (!known->named && *s->name)
		return bk_fail(err, BK_MISUSE,
			       "%s:%u: [%s %s] takes no name; write [%s]",
			       s->file, s->line, s->type, s->name, s->type);
	for (size_t i = 0; i < s->n; i++)
		if (check_entry(s, &s->entries[i], known->keys, err) < 0)
			return -1;
	return 0;
}

int bk_conf_check(const struct bk_conf *conf,
		  const struct bk_conf_schema *schema, struct bk_err *err)
{
	for (size_t i = 0; i < conf->n; i++)
		if (check_section(&conf->sections[i], schema, err) < 0)
			return -1;
	return 0;
}
