/* Accounts and folders as a manifest keeps them: see records.h. */

#include "repo/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum account_field { ACCOUNT_ID = 1, ACCOUNT_ADDRESS = 2, ACCOUNT_FILE = 3 };

enum folder_field {
	FOLDER_ID = 1,
	FOLDER_ACCOUNT = 2,
	FOLDER_NAME = 3,
	FOLDER_RAW = 4,
	FOLDER_DELIMITER = 5,
	FOLDER_UID_VALIDITY = 6,
	FOLDER_UID_NEXT = 7,
	FOLDER_HIGHEST_MODSEQ = 8,
	FOLDER_GUID = 9,
	FOLDER_SPECIAL_USE = 10,
	FOLDER_MARKS = 11,
	FOLDER_ACL = 12,
	FOLDER_KEYWORDS = 13,
	FOLDER_ANNOTATION = 14,
	FOLDER_MESSAGES = 15,
};

enum folder_mark { MARK_SUBSCRIBED = 1, MARK_NO_SELECT = 2 };

#define FIELD_OPTIONAL 0x80u

/* What a record may have several of, a bit for each. */
#define ACCOUNT_REPEATED (1u << ACCOUNT_FILE)
#define FOLDER_REPEATED  (1u << FOLDER_ACL | 1u << FOLDER_ANNOTATION)

static void add_bytes(struct bk_buf *to, uint8_t field, const void *data,
		      size_t len)
{
	if (!len)
		return;
	bk_buf_add_u8(to, field);
	bk_buf_add_blob(to, data, len);
}

static void add_text(struct bk_buf *to, uint8_t field, const char *text)
{
	if (text)
		add_bytes(to, field, text, strlen(text));
}

static void add_number(struct bk_buf *to, uint8_t field, uint64_t number)
{
	struct bk_buf varint = {0};

	if (number)
		bk_buf_add_varint(&varint, number);
	add_bytes(to, field, varint.data, varint.len);
	bk_buf_clear(&varint);
}

static void add_property(struct bk_buf *to, uint8_t field,
			 const struct bk_property *property)
{
	struct bk_buf value = {0};

	bk_buf_add_string(&value, property->name);
	bk_buf_add(&value, property->value.data, property->value.len);
	add_bytes(to, field, value.data, value.len);
	bk_buf_clear(&value);
}

void bk_account_encode(struct bk_buf *to, uint32_t id,
		       const struct bk_account *account)
{
	add_number(to, ACCOUNT_ID, id);
	add_text(to, ACCOUNT_ADDRESS, account->address);
	for (size_t i = 0; i < account->n_settings; i++)
		add_property(to, ACCOUNT_FILE, &account->settings[i]);
}

static void add_acl(struct bk_buf *to, const struct bk_acl_entry *entry)
{
	struct bk_buf value = {0};

	bk_buf_add_string(&value, entry->who);
	bk_buf_add_string(&value, entry->rights);
	add_bytes(to, FOLDER_ACL, value.data, value.len);
	bk_buf_clear(&value);
}

static void add_keywords(struct bk_buf *to, const struct bk_folder *folder)
{
	struct bk_buf value = {0};

	for (size_t i = 0; i < folder->n_keywords; i++)
		bk_buf_add_string(&value, folder->keywords[i]);
	add_bytes(to, FOLDER_KEYWORDS, value.data, value.len);
	bk_buf_clear(&value);
}

void bk_folder_encode(struct bk_buf *to, uint32_t id, uint32_t account_id,
		      const struct bk_folder *folder, uint64_t messages)
{
	unsigned marks = (folder->subscribed ? MARK_SUBSCRIBED : 0u) |
			 (folder->no_select ? MARK_NO_SELECT : 0u);

	add_number(to, FOLDER_ID, id);
	add_number(to, FOLDER_ACCOUNT, account_id);
	add_text(to, FOLDER_NAME, folder->name);
	add_bytes(to, FOLDER_RAW, folder->raw.data, folder->raw.len);
	if (folder->delimiter)
		add_bytes(to, FOLDER_DELIMITER, &folder->delimiter, 1);
	add_number(to, FOLDER_UID_VALIDITY, folder->uid_validity);
	add_number(to, FOLDER_UID_NEXT, folder->uid_next);
	add_number(to, FOLDER_HIGHEST_MODSEQ, folder->highest_modseq);
	if (folder->has_guid)
		add_bytes(to, FOLDER_GUID, folder->guid, sizeof(folder->guid));
	add_text(to, FOLDER_SPECIAL_USE, folder->special_use);
	add_number(to, FOLDER_MARKS, marks);
	for (size_t i = 0; i < folder->n_acl; i++)
		add_acl(to, &folder->acl[i]);
	add_keywords(to, folder);
	for (size_t i = 0; i < folder->n_annotations; i++)
		add_property(to, FOLDER_ANNOTATION, &folder->annotations[i]);
	add_number(to, FOLDER_MESSAGES, messages);
}

/* ---- reading ---- */

struct field {
	uint8_t number;
	struct bk_cursor value;
};

/* 1, 0 at the end, -1 when malformed, out of order or there twice.  `repeated`
 * has a bit for each number that may be there twice; what is not known may. */
static int next_field(struct bk_cursor *body, uint32_t repeated,
		      struct field *field)
{
	uint8_t before = field->number;

	if (!bk_cursor_left(body))
		return 0;
	field->number = bk_cursor_u8(body);
	struct bk_view value = bk_cursor_blob(body);
	field->value = bk_cursor_over(value.data, value.len);
	if (body->bad || field->number < before)
		return -1;
	if (field->number == before && before < 32 && !(repeated >> before & 1))
		return -1;
	return 1;
}

/* A value of a number or text fills its field; one of zero is left out. */
static uint64_t whole_number(struct bk_cursor *value, uint64_t most)
{
	uint64_t number = bk_cursor_varint_max(value, most);

	value->bad |= !number || bk_cursor_left(value) != 0;
	return number;
}

static const char *text_of(struct bk_cursor *value, struct bk_view text,
			   struct bk_arena *arena)
{
	if (text.len && memchr(text.data, 0, text.len))
		value->bad = true;
	return bk_arena_strndup(arena, (const char *)text.data, text.len);
}

/* Text is UTF-8, and an empty one is left out. */
static const char *whole_text(struct bk_cursor *value, struct bk_arena *arena)
{
	struct bk_view text = bk_cursor_bytes(value, bk_cursor_left(value));

	if (!text.len || !bk_utf8_valid(text.data, text.len))
		value->bad = true;
	return text_of(value, text, arena);
}

static struct bk_property property_of(struct bk_cursor *value,
				      struct bk_arena *arena)
{
	struct bk_property property;

	property.name = text_of(value, bk_cursor_blob(value), arena);
	struct bk_view rest = bk_cursor_bytes(value, bk_cursor_left(value));
	property.value.data = bk_arena_memdup(arena, rest.data, rest.len);
	property.value.len = rest.len;
	return property;
}

/* One more element in an arena array that doubles. */
static void *one_more(struct bk_arena *arena, void *items, size_t n,
		      size_t size)
{
	if (n & (n - 1))
		return items;
	void *more = bk_arena_alloc(arena, (n ? n * 2 : 1) * size);
	if (n)
		memcpy(more, items, n * size);
	return more;
}

static int account_field(struct field *field, struct bk_set_account *out)
{
	struct bk_account *account = &out->account;

	switch (field->number) {
	case ACCOUNT_ID:
		out->id = (uint32_t)whole_number(&field->value, UINT32_MAX);
		break;
	case ACCOUNT_ADDRESS:
		account->address = whole_text(&field->value, &out->arena);
		break;
	case ACCOUNT_FILE:
		account->settings = one_more(&out->arena, account->settings,
					     account->n_settings,
					     sizeof(*account->settings));
		account->settings[account->n_settings++] =
			property_of(&field->value, &out->arena);
		break;
	default:
		return field->number & FIELD_OPTIONAL ? 0 : -1;
	}
	return field->value.bad ? -1 : 0;
}

int bk_account_decode(struct bk_view body, struct bk_set_account *out,
		      struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(body.data, body.len);
	struct field field = {0};
	int rc;

	while ((rc = next_field(&from, ACCOUNT_REPEATED, &field)) > 0)
		if (account_field(&field, out) < 0)
			break;
	if (rc != 0 || !out->id || !out->account.address)
		return bk_fail(err, BK_CORRUPT,
			       "account record: malformed at field %u",
			       field.number);
	bk_buf_add(&out->body, body.data, body.len);
	return 0;
}

static void read_guid(struct bk_cursor *value, struct bk_folder *folder)
{
	struct bk_view guid = bk_cursor_bytes(value, sizeof(folder->guid));

	if (value->bad)
		return;
	memcpy(folder->guid, guid.data, sizeof(folder->guid));
	folder->has_guid = true;
}

static void read_marks(struct bk_cursor *value, struct bk_folder *folder)
{
	uint64_t marks = whole_number(value, MARK_SUBSCRIBED | MARK_NO_SELECT);

	folder->subscribed = marks & MARK_SUBSCRIBED;
	folder->no_select = marks & MARK_NO_SELECT;
}

static void read_acl(struct bk_cursor *value, struct bk_folder *folder)
{
	folder->acl = one_more(&folder->arena, folder->acl, folder->n_acl,
			       sizeof(*folder->acl));
	struct bk_acl_entry *entry = &folder->acl[folder->n_acl++];
	entry->who = text_of(value, bk_cursor_blob(value), &folder->arena);
	entry->rights = text_of(value, bk_cursor_blob(value), &folder->arena);
}

static void read_raw(struct bk_cursor *value, struct bk_folder *folder)
{
	folder->raw = bk_cursor_bytes(value, bk_cursor_left(value));
	folder->raw.data = bk_arena_memdup(&folder->arena, folder->raw.data,
					   folder->raw.len);
	value->bad |= !folder->raw.len;
}

static void read_keywords(struct bk_cursor *value, struct bk_folder *folder)
{
	value->bad |= !bk_cursor_left(value);
	while (bk_cursor_left(value) && !value->bad) {
		value->bad |= folder->n_keywords == BK_KEYWORDS_MAX;
		folder->keywords = one_more(&folder->arena, folder->keywords,
					    folder->n_keywords, sizeof(char *));
		folder->keywords[folder->n_keywords++] =
			text_of(value, bk_cursor_blob(value), &folder->arena);
	}
}

static void read_annotation(struct bk_cursor *value, struct bk_folder *folder)
{
	folder->annotations =
		one_more(&folder->arena, folder->annotations,
			 folder->n_annotations, sizeof(*folder->annotations));
	folder->annotations[folder->n_annotations++] =
		property_of(value, &folder->arena);
}

/* What a folder says of itself; its numbers are folder_number's. */
static int folder_words(struct field *field, struct bk_folder *folder)
{
	struct bk_cursor *value = &field->value;

	switch (field->number) {
	case FOLDER_NAME:
		folder->name = whole_text(value, &folder->arena);
		break;
	case FOLDER_RAW:
		read_raw(value, folder);
		break;
	case FOLDER_DELIMITER:
		folder->delimiter = (char)bk_cursor_u8(value);
		value->bad |= !folder->delimiter;
		break;
	case FOLDER_GUID:
		read_guid(value, folder);
		break;
	case FOLDER_SPECIAL_USE:
		folder->special_use = whole_text(value, &folder->arena);
		break;
	case FOLDER_MARKS:
		read_marks(value, folder);
		break;
	case FOLDER_ACL:
		read_acl(value, folder);
		break;
	case FOLDER_KEYWORDS:
		read_keywords(value, folder);
		break;
	case FOLDER_ANNOTATION:
		read_annotation(value, folder);
		break;
	default:
		return field->number & FIELD_OPTIONAL ? 0 : -1;
	}
	return value->bad || bk_cursor_left(value) ? -1 : 0;
}

static int folder_number(struct field *field, struct bk_set_folder *out)
{
	struct bk_cursor *value = &field->value;
	struct bk_folder *folder = &out->folder;

	switch (field->number) {
	case FOLDER_ID:
		out->id = (uint32_t)whole_number(value, UINT32_MAX);
		break;
	case FOLDER_ACCOUNT:
		out->account_id = (uint32_t)whole_number(value, UINT32_MAX);
		break;
	case FOLDER_UID_VALIDITY:
		folder->uid_validity =
			(uint32_t)whole_number(value, UINT32_MAX);
		break;
	case FOLDER_UID_NEXT:
		folder->uid_next = (uint32_t)whole_number(value, UINT32_MAX);
		break;
	case FOLDER_HIGHEST_MODSEQ:
		folder->highest_modseq = whole_number(value, UINT64_MAX);
		break;
	case FOLDER_MESSAGES:
		out->messages = whole_number(value, UINT64_MAX);
		break;
	default:
		return folder_words(field, folder);
	}
	return value->bad ? -1 : 0;
}

int bk_folder_decode(struct bk_view body, struct bk_set_folder *out,
		     struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(body.data, body.len);
	struct field field = {0};
	int rc;

	while ((rc = next_field(&from, FOLDER_REPEATED, &field)) > 0)
		if (folder_number(&field, out) < 0)
			break;
	if (rc != 0 || !out->id || !out->account_id || !out->folder.name)
		return bk_fail(err, BK_CORRUPT,
			       "folder record: malformed at field %u",
			       field.number);
	bk_buf_add(&out->body, body.data, body.len);
	return 0;
}

void bk_set_account_clear(struct bk_set_account *account)
{
	bk_arena_clear(&account->arena);
	bk_buf_clear(&account->body);
	*account = (struct bk_set_account){0};
}

void bk_set_folder_clear(struct bk_set_folder *folder)
{
	bk_folder_clear(&folder->folder);
	bk_buf_clear(&folder->body);
	*folder = (struct bk_set_folder){0};
}

int bk_record_next(struct bk_cursor *block, uint8_t *type, struct bk_view *body,
		   struct bk_err *err)
{
	if (!bk_cursor_left(block))
		return 0;
	*type = bk_cursor_u8(block);
	*body = bk_cursor_blob(block);
	return bk_cursor_check(block, "record", err) < 0 ? -1 : 1;
}

void bk_record_add(struct bk_buf *to, uint8_t type, struct bk_view body)
{
	bk_buf_add_u8(to, type);
	bk_buf_add_blob(to, body.data, body.len);
}
