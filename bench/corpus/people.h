/* The staff of two companies whose mail is kept, and everybody else. */

#ifndef BENCH_CORPUS_PEOPLE_H
#define BENCH_CORPUS_PEOPLE_H

#include <stdint.h>

#include "corpus/rng.h"

#define NOBODY UINT32_MAX

struct person {
	char name[48];
	char address[80];
	char local[40];  /* the address up to '@' */
	unsigned domain; /* of staff */
};

extern const char *const staff_domains[2];

/* n persons; the caller's, free() them. */
struct person *people_staff(uint32_t n);

/* Somebody outside, by number. */
void people_outsider(struct person *out, uint64_t number);

/* The number of somebody outside: some write often, most hardly ever. */
uint64_t people_any_outsider(struct rng *rng);

const char *people_domain_of(const struct person *person);
const char *people_family_of(const struct person *person);

/* Names for other things. */
const char *people_given_name(struct rng *rng);
const char *people_family_name(struct rng *rng);

#endif
