/* Where the delivery trace ends: see trace.h. */

#include "mail/trace.h"

#include <stdbool.h>
#include <strings.h>

#include "mail/header.h"

/*
 * The trace is what the top of a message has in common with no other
 * recipient's copy, nor with the sender's own in his Sent folder: so all of
 * the Received lines belong to it, although a few are shared, and the
 * signatures below them do not, which are long and do not compress.  Only
 * where something of the recipient's own stands below a signature, that goes
 * along, for what is behind it could not be shared anyway.
 */
enum place {
	AUTHORS,   /* ends the trace */
	DELIVERYS, /* is in it, at the top */
	SERVERS,   /* is in it if something of the recipient's is below */
	OWN,       /* the recipient's */
};

struct kind {
	const char *name; /* in lower case, as is_one_of wants it */
	size_t len;
	bool family; /* all names that begin with this */
	enum place place;
};

#define ONE(name, place)                                                       \
	{                                                                      \
		name, sizeof(name) - 1, false, place                           \
	}
#define FAMILY(name, place)                                                    \
	{                                                                      \
		name, sizeof(name) - 1, true, place                            \
	}

static const struct kind kinds[] = {
	ONE("received", DELIVERYS),
	ONE("return-path", OWN),
	ONE("delivered-to", OWN),
	ONE("x-original-to", OWN),
	ONE("envelope-to", OWN),
	ONE("x-envelope-to", OWN),
	ONE("x-envelope-from", OWN),
	ONE("x-delivered-to", OWN),
	ONE("x-apparently-to", OWN),
	ONE("x-rcpt-to", OWN),
	ONE("delivery-date", OWN),
	ONE("x-received", OWN),
	FAMILY("x-gmail", OWN),
	FAMILY("x-sieve", OWN),
	FAMILY("x-uid", OWN),
	FAMILY("x-spam", DELIVERYS),
	FAMILY("x-rspamd", DELIVERYS),
	FAMILY("x-virus", DELIVERYS),
	FAMILY("arc-", SERVERS),
	ONE("authentication-results", SERVERS),
	ONE("x-authentication-warning", SERVERS),
	ONE("received-spf", SERVERS),
	FAMILY("dkim", SERVERS),
	FAMILY("domainkey", SERVERS),
	FAMILY("x-google", SERVERS),
	FAMILY("x-amavis", SERVERS),
};

static bool is_one_of(const struct kind *kind, struct bk_view name)
{
	if (kind->family ? name.len < kind->len : name.len != kind->len)
		return false;
	/* Most differ in the first letter, or in the one behind "x-". */
	if ((name.data[0] | 32) != kind->name[0] ||
	    (name.data[2] | 32) != kind->name[2])
		return false;
	return !strncasecmp((const char *)name.data, kind->name, kind->len);
}

static enum place place_of(const struct bk_field *field)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (is_one_of(&kinds[i], field->name))
			return kinds[i].place;
	}
	return AUTHORS;
}

size_t bk_trace_len(struct bk_view canonical)
{
	size_t end = bk_from_line(canonical, 0);
	size_t at = end;
	bool below_servers = false;
	struct bk_field field;

	while (bk_field_next(canonical, &at, &field)) {
		enum place place = place_of(&field);
		if (place == AUTHORS)
			break;
		if (place == SERVERS)
			below_servers = true;
		if (place == OWN)
			below_servers = false;
		if (!below_servers)
			end = at;
	}
	return end;
}
