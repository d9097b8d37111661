/* Who writes and who is written to: see people.h. */

#include "corpus/people.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAFF     77 /* what a generator is seeded for */
#define OUTSIDERS 78

const char *const staff_domains[2] = {"acme-works.example",
				      "nordlicht.example"};

static const char *const given_names[] = {
	"Anna",   "Ben",    "Carla",  "David",  "Eva",   "Frank",  "Greta",
	"Hans",   "Ines",   "Jan",    "Karin",  "Lars",  "Maria",  "Nils",
	"Olga",   "Paul",   "Rita",   "Stefan", "Tina",  "Ulrich", "Vera",
	"Walter", "Yvonne", "Zoe",    "Alan",   "Beth",  "Chris",  "Diane",
	"Eric",   "Fiona",  "George", "Helen",  "Ivan",  "Julia",  "Kevin",
	"Laura",  "Mark",   "Nora",   "Oscar",  "Petra",
};

static const char *const family_names[] = {
	"Miller",   "Schmidt",  "Garcia",   "Rossi",    "Novak",   "Jensen",
	"Kowalski", "Fischer",  "Weber",    "Meyer",    "Wagner",  "Becker",
	"Schulz",   "Hoffmann", "Koch",     "Bauer",    "Richter", "Klein",
	"Wolf",     "Neumann",  "Schwarz",  "Braun",    "Hofmann", "Zimmermann",
	"Hartmann", "Krause",   "Lehmann",  "Walker",   "Young",   "King",
	"Wright",   "Lopez",    "Hill",     "Scott",    "Green",   "Adams",
	"Baker",    "Nelson",   "Carter",   "Mitchell", "Perez",   "Roberts",
	"Turner",   "Phillips", "Campbell", "Parker",   "Evans",   "Edwards",
	"Collins",  "Stewart",
};

static const char *const outside_ends[] = {"com", "net", "org", "de", "co.uk"};

const char *people_given_name(struct rng *rng)
{
	return rng_pick(rng, given_names, COUNT_OF(given_names));
}

const char *people_family_name(struct rng *rng)
{
	return rng_pick(rng, family_names, COUNT_OF(family_names));
}

const char *people_domain_of(const struct person *person)
{
	return strchr(person->address, '@') + 1;
}

const char *people_family_of(const struct person *person)
{
	return strchr(person->name, ' ') + 1;
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static void name_person(struct person *out, uint64_t what, uint64_t number)
{
	struct rng rng;

	rng_seed(&rng, what, number);
	const char *given = people_given_name(&rng);
	const char *family = people_family_name(&rng);
	(void)snprintf(out->name, sizeof(out->name), "%s %s", given, family);
	(void)snprintf(out->local, sizeof(out->local), "%s.%s", given, family);
	lower(out->local);
}

/* The second Anna Miller of a domain is anna.miller2. */
static void tell_apart(struct person *staff, uint32_t i)
{
	struct person *person = &staff[i];
	size_t len = strlen(person->local);
	unsigned namesakes = 0;

	for (uint32_t k = 0; k < i; k++)
		if (staff[k].domain == person->domain &&
		    strncmp(staff[k].local, person->local, len) == 0)
			namesakes++;
	if (namesakes)
		(void)snprintf(person->local + len, sizeof(person->local) - len,
			       "%u", namesakes + 1);
}

struct person *people_staff(uint32_t n)
{
	struct person *staff = bk_alloc((n + (size_t)1) * sizeof(*staff));

	for (uint32_t i = 0; i < n; i++) {
		staff[i].domain = i % 10 < 6 ? 0 : 1;
		name_person(&staff[i], STAFF, i);
		tell_apart(staff, i);
		(void)snprintf(staff[i].address, sizeof(staff[i].address),
			       "%s@%s", staff[i].local,
			       staff_domains[staff[i].domain]);
	}
	return staff;
}

void people_outsider(struct person *out, uint64_t number)
{
	*out = (struct person){0};
	name_person(out, OUTSIDERS, number);
	(void)snprintf(out->address, sizeof(out->address), "%s@%s-%u.%s",
		       out->local,
		       family_names[(number * 7 + 3) % COUNT_OF(family_names)],
		       (unsigned)(number % 97), outside_ends[number % 5]);
	lower(out->address);
}

uint64_t people_any_outsider(struct rng *rng)
{
	return 1 + (uint64_t)(pow(rng_unit(rng), 2) * 4000);
}
