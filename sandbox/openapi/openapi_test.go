package openapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// library is a description with every keyword that the checker reads.
const library = `{
"servers": [{"url": "https://books.example/v1"}],
"paths": {
  "/books": {
    "get": {"operationId": "list", "x-documented-status": 200,
      "parameters": [{"$ref": "#/components/parameters/top"},
        {"name": "$select", "in": "query", "schema":
          {"type": "array", "uniqueItems": true, "items": {"type": "string"}}},
        {"name": "$count", "in": "query", "schema": {"type": "boolean"}},
        {"name": "$search", "in": "query", "schema": {"type": "string"}}],
      "responses": {"2XX": {"content": {"application/json": {"schema": {"type": "object", "properties":
        {"value": {"type": "array", "items": {"$ref": "#/components/schemas/book"}}}}}}},
        "default": {"$ref": "#/components/responses/error"}}},
    "post": {"operationId": "create", "x-documented-status": 201, "x-documented-required": ["title"],
      "requestBody": {"required": true, "content":
        {"application/json": {"schema": {"$ref": "#/components/schemas/novel"}}}},
      "responses": {"2XX": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/novel"}}}}}}},
  "/books/{id}": {"get": {"operationId": "get", "responses": {"2XX": {}}},
    "delete": {"operationId": "delete", "responses": {"204": {}}}},
  "/books/newest": {"get": {"operationId": "newest", "responses": {"2XX": {}}}},
  "/books(isbn='{isbn}')": {"get": {"operationId": "byISBN", "responses": {"2XX": {}}}}},
"components": {
  "parameters": {"top": {"name": "$top", "in": "query", "schema": {"type": "integer", "minimum": 1}}},
  "responses": {"error": {"content": {"application/json": {"schema": {"type": "object", "required": ["error"],
    "properties": {"error": {"type": "object", "x-allow-any": true}}}}}}},
  "schemas": {
    "book": {"title": "book", "type": "object", "x-pruned-navigation": ["shelf"], "properties": {
      "id": {"type": "string", "format": "uuid", "readOnly": true},
      "isbn": {"type": "string", "description": "Read-only. The number."},
      "title": {"type": "string"}, "pages": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 5000},
      "printed": {"type": "string", "format": "date-time", "nullable": true},
      "kind": {"type": "string", "enum": ["paper", "audio"]},
      "code": {"type": "string", "pattern": "^[A-Z]+$"}, "tags": {"type": "array", "items": {"type": "string"}},
      "author": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/author"}]}}},
    "author": {"title": "author", "type": "object", "properties": {"name": {"type": "string"}}},
    "novel": {"title": "novel", "x-csdl-open-type": true, "allOf": [{"$ref": "#/components/schemas/book"},
      {"type": "object", "properties": {"plot": {"type": "string"}}}]}}}}`

const (
	books = "https://books.example/v1/books"
	id    = "03ef14b0-ca33-4840-8f4f-d6e91916010e"
)

func TestCheck(t *testing.T) {
	d, err := Parse([]byte(library))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ request, body, answer, want string }{
		// The request's method and address, its body, the answer's status and body, and what is wrong.
		{
			"GET " + books, "", `200 {"value":[{"id":"` + id +
				`","author":null,"shelf":1,"@odata.etag":"x","tags":["a"]}]}`, "",
		},
		{"GET " + books + "?$top=0", "", `200 {}`, "request query $top parameter"},
		{"GET " + books + "?$top=x", "", `200 {}`, "request query $top parameter"},
		{"GET " + books + "?$select=id,id", "", `200 {}`, "request query $select parameter"},
		{"GET " + books + "?top=1", "", `200 {}`, "request query top unknown-query"},
		{"GET " + books + "?$count=true", "", `200 {}`, "request query consistency"},
		{"GET " + books + "?$count=perhaps", "", `200 {}`, "request query $count parameter"},
		{"GET " + books, "{}", `200 {}`, "request  request"},
		{"GET " + books, "", `201 {}`, "response  status"},
		{"GET " + books, "", `200 <html>`, "response  response"},
		{"GET " + books, "", `200 {"value":[null]}`, "response /value/0 null-item"},
		{"GET " + books, "", `200 {"value":{}}`, "response /value schema.type"},
		{"GET " + books, "", `200 {"value":[{"id":7}]}`, "response /value/0/id schema.type"},
		{"GET " + books, "", `200 {"value":[{"id":"7"}]}`, "response /value/0/id schema.format"},
		{
			"GET " + books, "", `200 {"value":[{"printed":"2026-02-30T00:00:00Z"}]}`,
			"response /value/0/printed schema.format",
		},
		{"GET " + books, "", `200 {"value":[{"title":null}]}`, "response /value/0/title schema.nullable"},
		{"GET " + books, "", `200 {"value":[{"pages":1.5}]}`, "response /value/0/pages schema.type"},
		{"GET " + books, "", `200 {"value":[{"pages":0}]}`, "response /value/0/pages schema.minimum"},
		{"GET " + books, "", `200 {"value":[{"pages":5001}]}`, "response /value/0/pages schema.maximum"},
		{"GET " + books, "", `200 {"value":[{"kind":"PAPER"}]}`, ""},
		{"GET " + books, "", `200 {"value":[{"kind":"clay"}]}`, "response /value/0/kind schema.enum"},
		{"GET " + books, "", `200 {"value":[{"code":"a"}]}`, "response /value/0/code schema.pattern"},
		{
			"GET " + books, "", `200 {"value":[{"Title":"x","title":"x"}]}`,
			"response /value/0/Title unknown-property|response /value/0/title duplicate",
		},
		{"GET " + books, "", `200 {"value":[{"author":{"nom":"x"}}]}`, "response /value/0/author/nom unknown-property"},
		{"GET " + books, "", `200 {"value":[{"@odata.type":"#novel","plot":1}]}`, "response /value/0/plot schema.type"},
		{"GET " + books, "", `200 {"value":[{"@odata.type":"#elsewhere","x":1}]}`, ""},
		{"GET " + books, "", `404 {"error":{"code":"any"}}`, ""},
		{"GET " + books, "", `404 {"err":1}`, "response /error schema.required"},
		{"POST " + books, `{"title":"x","ext_rating":1}`, `201 {"id":"` + id + `"}`, ""},
		{"POST " + books, `{"title":"x"}`, `500 {}`, "response  response"},
		{"POST " + books, `{"plot":"x"}`, `201 {}`, "request /title documented-required"},
		{"POST " + books, `{"title":"x","isbn":"1"}`, `201 {}`, "request /isbn read-only"},
		{"POST " + books, `{"title":"x","id":"` + id + `"}`, `201 {}`, "request /id read-only"},
		{"POST " + books, `{"title":"x","rating":1}`, `201 {}`, "request /rating unknown-property"},
		{"POST " + books, ``, `201 {}`, "request  request"},
		{"DELETE " + books + "/1", ``, `204 `, ""},
		{"DELETE " + books + "/1", ``, `204 {}`, "response  body"},
		{"PUT " + books, ``, `200 {}`, "route"},
		{"GET https://books.example/v2/books", ``, `200 {}`, "route"},
		{"GET http://127.0.0.1:80/books(isbn=%2712%27)", ``, `200 {}`, ""},
	} {
		method, address, _ := strings.Cut(tc.request, " ")
		status, answer, _ := strings.Cut(tc.answer, " ")
		e := Exchange{
			Method: method, URL: address, RequestBody: []byte(tc.body), Status: int(status[0]-'0')*100 +
				int(status[2]-'0'),
			RequestHeader: http.Header{"Content-Type": {"application/json"}},
			ResponseHeader: http.Header{
				"Content-Type": {"application/json; charset=utf-8"},
			}, ResponseBody: []byte(answer),
		}
		op, u := d.Find(method, address, "http://127.0.0.1:80")
		if op == nil {
			if tc.want != "route" {
				t.Errorf("%s: no operation", tc.request)
			}
			continue
		}
		var got []string
		for _, v := range d.Check(op, u, e) {
			got = append(got, v.Where+" "+v.Path+" "+v.Rule)
		}
		if tc.want == "" && len(got) > 0 ||
			tc.want != "" && !slices.ContainsFunc(strings.Split(tc.want, "|"), func(w string) bool {
				return slices.Contains(got, w)
			}) {
			t.Errorf("%s %s -> %s: %q, want %q", tc.request, tc.body, tc.answer, got, tc.want)
		}
	}
}

// Of two paths that fit, the one with fewer places is meant.
func TestFind(t *testing.T) {
	d, err := Parse([]byte(library))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		books + "/newest": "newest", books + "/1": "get", books + "(isbn='1')": "byISBN", books: "list", books +
			"/1/2": "", "%": "",
	} {
		got := ""
		if op, _ := d.Find("GET", address, ""); op != nil {
			got = op.ID
		}
		if got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, bad := range []string{
		`{`, `{"components":{"schemas":{"a":{"allOf":[{"$ref":"#/components/schemas/b"}]}}}}`,
		`{"components":{"schemas":{"a":{"pattern":"("}}}}`,
		`{"paths":{"/a":{"get":{"parameters":[{"$ref":"#/components/parameters/b"}]}}}}`,
		`{"paths":{"/a":{"get":{"responses":{"200":{"$ref":"#/components/responses/b"}}}}}}`,
	} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("taken: %s", bad)
		}
	}
	if _, err := Load("no such file"); err == nil {
		t.Error("a missing file was read")
	}
}
