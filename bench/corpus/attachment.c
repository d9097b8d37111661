/* Attached files: see attachment.h. */

#include "corpus/attachment.h"

#include <stdio.h>
#include <string.h>

#include "corpus/people.h"

#define CONTENT    1    /* what a generator is seeded for, beside its seed */
#define TEMPLATES  4242 /* the seed of what office templates have in common */
#define STYLES_LEN 9000

/* By kind. */
static const char *const endings[] = {"pdf", "jpg", "docx", "csv", "txt"};
static const char office_type[] =
	"application/"
	"vnd.openxmlformats-officedocument.wordprocessingml.document";
static const char *const types[] = {
	"application/pdf", "image/jpeg", office_type, "text/csv", "text/plain",
};

const char *attachment_type(const struct attachment *attachment)
{
	return types[attachment->kind];
}

static enum attachment_kind any_kind(struct rng *rng)
{
	uint32_t percent = rng_below(rng, 100);

	return percent < 38   ? ATTACHMENT_PDF
	       : percent < 62 ? ATTACHMENT_JPEG
	       : percent < 86 ? ATTACHMENT_OFFICE
	       : percent < 94 ? ATTACHMENT_TABLE
			      : ATTACHMENT_TEXT;
}

static double median_size(enum attachment_kind kind)
{
	switch (kind) {
	case ATTACHMENT_JPEG:
		return 150e3;
	case ATTACHMENT_PDF:
	case ATTACHMENT_OFFICE:
		return 75e3;
	case ATTACHMENT_TABLE:
	case ATTACHMENT_TEXT:
		break;
	}
	return 40e3;
}

void attachment_any(struct attachment *out, struct rng *rng)
{
	static const char *const what[] = {"Report", "Invoice", "Scan",
					   "Offer",  "Minutes", "Contract"};

	out->kind = any_kind(rng);
	double size = rng_lognormal(rng, median_size(out->kind), 1.25);
	size = size < 1500 ? 1500 : size > 9e6 ? 9e6 : size;
	out->size = (uint32_t)size;
	out->seed = rng_next(rng);
	uint32_t number = rng_below(rng, 10000);
	const char *title = rng_pick(rng, what, COUNT_OF(what));
	const char *of = people_family_name(rng);
	(void)snprintf(out->name, sizeof(out->name), "%s_%s_%04u.%s", of, title,
		       number, endings[out->kind]);
}

static void add_text(struct bk_buf *out, const char *text)
{
	bk_buf_add(out, text, strlen(text));
}

/* Deflated pages between short objects of text. */
static void write_pdf(struct rng *rng, uint32_t size, struct bk_buf *out)
{
	add_text(out, "%PDF-1.5\n%\xe2\xe3\xcf\xd3\n");
	for (int object = 1; out->len < size; object += 2) {
		bk_buf_printf(out,
			      "%d 0 obj\n<< /Type /Page /Parent 2 0 R "
			      "/Resources << /Font << /F1 %d 0 R >> >> "
			      "/MediaBox [0 0 595 842] /Contents %d 0 R >>\n"
			      "endobj\n%d 0 obj\n<< /Length %u "
			      "/Filter /FlateDecode >>\nstream\n",
			      object, object + 9, object + 1, object + 1, 4000);
		if (out->len > size || size - out->len > 4000)
			rng_bytes(rng, out, 3000 + rng_below(rng, 3000));
		else
			rng_bytes(rng, out, size - out->len + 8);
		add_text(out, "\nendstream\nendobj\n");
	}
	uint32_t entries = 40 + rng_below(rng, 60);
	bk_buf_printf(out, "xref\n0 %u\n", entries);
	for (uint32_t i = 0; i < entries; i++)
		bk_buf_printf(out, "%010u 00000 n \n", rng_below(rng, size));
	add_text(out,
		 "trailer\n<< /Size 20 /Root 1 0 R >>\nstartxref\n1\n"
		 "%%EOF\n");
}

static void write_jpeg(struct rng *rng, uint32_t size, struct bk_buf *out)
{
	static const char start[] =
		"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x48\0\x48\0";

	bk_buf_add(out, start, sizeof(start));
	rng_bytes(rng, out, size);
}

/* A zip archive; its styles are those of one of five templates. */
static void write_office(struct rng *rng, uint32_t size, struct bk_buf *out)
{
	static const char *const members[] = {
		"[Content_Types].xml", "word/document.xml",
		"word/styles.xml",     "word/theme/theme1.xml",
		"xl/sheet1.xml",       "docProps/core.xml",
	};
	static const char local[14] = "PK\3\4\x14\0\6\0\x08\0\0\0!";
	uint32_t n = 6 + rng_below(rng, 12);
	struct bk_buf styles = {0};
	struct rng common;

	rng_seed(&common, TEMPLATES, size % 5);
	rng_bytes(&common, &styles, STYLES_LEN);
	for (uint32_t i = 0; i < n; i++) {
		bk_buf_add(out, local, sizeof(local));
		rng_bytes(rng, out, 12);
		add_text(out, members[i % COUNT_OF(members)]);
		if (i == 2)
			bk_buf_add(out, styles.data, 7000);
		if (out->len < size)
			rng_bytes(rng, out, (size - out->len) / (n - i));
	}
	add_text(out, "PK\1\2");
	bk_buf_clear(&styles);
}

static void write_table(struct rng *rng, uint32_t size, struct bk_buf *out)
{
	static const char *const states[] = {"open", "paid", "cancelled",
					     "reminder 1"};

	while (out->len < size) {
		uint32_t check = (uint32_t)rng_next(rng), date[2], price[2];
		const char *state = rng_pick(rng, states, COUNT_OF(states));
		rng_fields(rng, price, (const uint32_t[]){5000, 100}, 2);
		const char *family = people_family_name(rng);
		const char *given = people_given_name(rng);
		rng_fields(rng, date, (const uint32_t[]){12, 28}, 2);
		uint32_t number = 100000 + rng_below(rng, 900000);
		bk_buf_printf(out,
			      "%u;2023-%02u-%02u;%s %s;%u.%02u;EUR;%s;%08x\n",
			      number, 1 + date[0], 1 + date[1], given, family,
			      price[0], price[1], state, check);
	}
}

void attachment_write(const struct attachment *attachment,
		      const struct words *words, struct bk_buf *out)
{
	uint32_t size = attachment->size;
	struct topic topic = {.width = 76};
	struct rng rng;

	rng_seed(&rng, attachment->seed, CONTENT);
	out->len = 0;
	switch (attachment->kind) {
	case ATTACHMENT_PDF:
		write_pdf(&rng, size, out);
		break;
	case ATTACHMENT_JPEG:
		write_jpeg(&rng, size, out);
		break;
	case ATTACHMENT_OFFICE:
		write_office(&rng, size, out);
		break;
	case ATTACHMENT_TABLE:
		write_table(&rng, size, out);
		break;
	case ATTACHMENT_TEXT:
		topic.near = words_anywhere(words, &rng);
		words_walk(words, &rng, topic, size, out);
		break;
	}
}
