//! Guests written as core WebAssembly, for what no SDK lets anyone say: answers at any address, exports that trap, names
//! of functions. The world is the contract's own; only the code is hand-made.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmSignature, WasmType};
use wit_parser::{FunctionKind, Interface, Resolve, WorldId, WorldItem, WorldKey};

use super::guests;

/// Where a schema lies in memory.
const SCHEMA_AT: usize = 131_072;

/// Of WASI's randomness what foreign runtimes ask for.
const RANDOM: &str = "package wasi:random@0.2.6; interface random { get-random-bytes: func(len: u64) -> list<u8>; }";

/// A policy of which each function's body can be replaced. What is not replaced is honest.
pub struct Policy {
    /// The version of `chiron:policy/check` that it speaks: "0.1.0" or "0.2.0".
    pub check: &'static str,
    /// Pages of memory, of 64 KiB each.
    pub pages: u32,
    /// What lies in memory, and anything else.
    pub more: &'static str,
    /// `func (result i32)`
    pub describe: &'static str,
    /// `func (param i32 i32) (result i32)`
    pub configure: &'static str,
    /// `func (param i32 x16) (result i32)`; from 0.2 on the input lies in memory, and the one parameter is where.
    pub evaluate: &'static str,
}

impl Default for Policy {
    fn default() -> Self {
        // 1024: a description in which every text and list is empty; 2048: ok; 3072: ok(verdict(allow, ...)).
        let check = "0.1.0";
        Self {
            check,
            pages: 8,
            more: "",
            describe: "(i32.const 1024)",
            configure: "(i32.const 2048)",
            evaluate: "(i32.const 3072)",
        }
    }
}

impl Policy {
    /// One that describes itself with this configuration schema.
    pub fn describing(schema: &str) -> Self {
        let escaped: String = schema.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let at =
            |value: usize| u32::try_from(value).unwrap().to_le_bytes().map(|byte| format!("\\{byte:02x}")).concat();
        // The schema's pointer and length stand at 40 in the description.
        let (pointer, length) = (at(SCHEMA_AT), at(schema.len()));
        let more = format!(r#"(data (i32.const 1064) "{pointer}{length}") (data (i32.const {SCHEMA_AT}) "{escaped}")"#);
        Self { more: Box::leak(more.into_boxed_str()), ..Self::default() }
    }

    /// One whose description holds one of everything, and this in place of every text: name, version, summary, a rule, a request, a
    /// property and the schema.
    pub fn saying(text: &str) -> Self {
        let escape = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
        let pair = |pointer: usize, length: usize| {
            let both = [pointer, length].map(|value| u32::try_from(value).unwrap().to_le_bytes());
            escape(&both.concat())
        };
        let (said, [rules, requests, properties]) = (pair(SCHEMA_AT, text.len()), [1100, 1200, 1300]);
        let lists = format!("{}{}{said}{}", pair(rules, 1), pair(requests, 1), pair(properties, 1));
        let data = [
            (1024, format!("{said}{said}{said}{lists}")),
            // Its address of help is there.
            (rules, format!("{said}{said}{said}\\01\\00\\00\\00{said}")),
            (requests, format!("{said}{said}{said}")),
            (properties, format!("{said}{said}")),
            (SCHEMA_AT, escape(text.as_bytes())),
        ];
        let more: String =
            data.iter().map(|(place, bytes)| format!(r#"(data (i32.const {place}) "{bytes}")"#)).collect();
        Self { more: Box::leak(more.into_boxed_str()), ..Self::default() }
    }

    /// As a component.
    pub fn component(&self) -> Vec<u8> {
        encode(if self.check == "0.1.0" { "policy" } else { "policy-v2" }, &self.text())
    }

    fn text(&self) -> String {
        let Self { check, pages, more, describe, configure, evaluate } = self;
        let params = "i32 ".repeat(if *check == "0.1.0" { 16 } else { 1 });
        format!(
            r#"(module
              (memory (export "memory") {pages})
              {more}
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
              (func (export "chiron:lifecycle/plugin@0.1.0#describe") (result i32) {describe})
              (func (export "chiron:lifecycle/plugin@0.1.0#configure") (param i32 i32) (result i32) {configure})
              (func (export "chiron:policy/check@{check}#needs") (result i32) (i32.const 0))
              (func (export "chiron:policy/check@{check}#evaluate") (param {params}) (result i32) {evaluate}))"#
        )
    }
}

/// A generator whose `generate` is this body, with the content interface's functions as imports. Whatever it is given lies at
/// 65,536 in its memory of twice as many bytes.
pub fn generator(body: &str) -> Vec<u8> {
    generator_allocating("(i32.const 65536)", body)
}

/// The same, with an allocator of its own: `func (param i32 i32 i32 i32) (result i32)`.
pub fn generator_allocating(allocator: &str, body: &str) -> Vec<u8> {
    encode("sbom-generator", &generator_text(allocator, body))
}

fn generator_text(allocator: &str, body: &str) -> String {
    // 1024: a description; 2048: ok; 3072: ok(inventory of nothing).
    format!(
        r#"(module
              (import "chiron:artifact/content@0.1.0" "[method]blob.size" (func $size (param i32) (result i64)))
              (import "chiron:artifact/content@0.1.0" "[method]blob.read" (func $read (param i32 i64 i32 i32)))
              (import "chiron:artifact/content@0.1.0" "[resource-drop]blob" (func $drop (param i32)))
              (memory (export "memory") 2)
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {allocator})
              (func (export "chiron:lifecycle/plugin@0.1.0#describe") (result i32) (i32.const 1024))
              (func (export "chiron:lifecycle/plugin@0.1.0#configure") (param i32 i32) (result i32) (i32.const 2048))
              (func (export "chiron:sbom/generator@0.1.0#generate")
                (param i32 i32 i32 i32 i32 i32 i32 i64 i32 i32) (param $kind i32) (param $handle i32) (result i32) {body}))"#
    )
}

/// The same, for one that reads a folder: `$open`, `$drop-tree`, and the path `a.txt` at 512.
pub fn generator_of_tree(body: &str) -> Vec<u8> {
    let more = r#"(module
      (import "chiron:artifact/content@0.1.0" "[method]tree.open" (func $open (param i32 i32 i32 i32)))
      (import "chiron:artifact/content@0.1.0" "[resource-drop]tree" (func $drop-tree (param i32)))
      (data (i32.const 512) "a.txt")"#;
    encode("sbom-generator", &generator_text("(i32.const 65536)", body).replacen("(module", more, 1))
}

/// Names of the functions of an interface that can be called without a handle: all but methods.
pub fn functions(interface: &str) -> Vec<String> {
    let (resolve, world) = resolved(&calling("0.1.0", interface), "test:caller/caller");
    let functions = imported(&resolve, world, interface).functions.values();
    functions.filter(|function| !matches!(function.kind, FunctionKind::Method(_))).map(|f| f.name.clone()).collect()
}

/// Names of the functions of an interface that cannot: `[method]<resource>.<name>`.
pub fn methods(interface: &str) -> Vec<String> {
    let (resolve, world) = resolved(&calling("0.1.0", interface), "test:caller/caller");
    let functions = imported(&resolve, world, interface).functions.values();
    functions.filter(|function| matches!(function.kind, FunctionKind::Method(_))).map(|f| f.name.clone()).collect()
}

/// A generator that calls this method of the handle it was given, with nothing but zeros beside it.
pub fn generator_calling(interface: &str, method: &str) -> Vec<u8> {
    let (resolve, world) = repository("sbom-generator");
    let signature = signature(&resolve, world, interface, method);
    let params: String = signature.params.iter().map(|t| format!("{} ", core_type(*t))).collect();
    let results: String = signature.results.iter().map(|t| format!("{} ", core_type(*t))).collect();
    let zeros: String = signature.params.iter().skip(1).map(|t| zero(*t)).collect();
    let dropped = "drop ".repeat(signature.results.len());
    let import = format!(r#"(import "{interface}" "{method}" (func $called (param {params}) (result {results})))"#);
    let body = format!("(call $called (local.get $handle) {zeros}) {dropped} (i32.const 3072)");
    let text = generator_text("(i32.const 65536)", &body).replacen("(module", &format!("(module {import}"), 1);
    encode_in(&resolve, world, &text)
}

/// A policy of that version that calls this function with nothing but zeros when it is asked for its verdict.
pub fn caller(check: &'static str, interface: &str, function: &str) -> Vec<u8> {
    let (resolve, world) = resolved(&calling(check, interface), "test:caller/caller");
    let zeros: String = signature(&resolve, world, interface, function).params.iter().map(|t| zero(*t)).collect();
    let results = signature(&resolve, world, interface, function).results.len();
    let body = format!("(call $called {zeros}) {}", "drop ".repeat(results));
    caller_with(check, interface, function, &body, "")
}

/// The same, with a body of one's own, which calls `$called`.
pub fn caller_with(check: &'static str, interface: &str, function: &str, body: &str, more: &str) -> Vec<u8> {
    let (resolve, world) = resolved(&calling(check, interface), "test:caller/caller");
    let signature = signature(&resolve, world, interface, function);
    let params: String = signature.params.iter().map(|t| format!("{} ", core_type(*t))).collect();
    let results: String = signature.results.iter().map(|t| format!("{} ", core_type(*t))).collect();
    let import = format!(r#"(import "{interface}" "{function}" (func $called (param {params}) (result {results})))"#);
    let evaluate = format!("{body} (i32.const 3072)");
    let policy = Policy { check, evaluate: Box::leak(evaluate.into_boxed_str()), ..Policy::default() };
    let text = policy.text().replacen("(module", &format!("(module {import}"), 1);
    let text = text.replacen(r#"(memory (export "memory") 8)"#, &format!(r#"(memory (export "memory") 8) {more}"#), 1);
    encode_in(&resolve, world, &text)
}

fn calling(check: &str, interface: &str) -> String {
    format!(
        "package test:caller; world caller {{ import {interface}; export chiron:lifecycle/plugin@0.1.0; export chiron:policy/check@{check}; }}"
    )
}

fn imported<'a>(resolve: &'a Resolve, world: WorldId, interface: &str) -> &'a Interface {
    let named = |key: &WorldKey| resolve.name_world_key(key) == interface;
    let (_, item) = resolve.worlds[world].imports.iter().find(|(key, _)| named(key)).unwrap();
    let WorldItem::Interface { id, .. } = item else { panic!("{interface}") };
    &resolve.interfaces[*id]
}

fn signature(resolve: &Resolve, world: WorldId, interface: &str, function: &str) -> WasmSignature {
    let function = &imported(resolve, world, interface).functions[function];
    resolve.wasm_signature(AbiVariant::GuestImport, function)
}

fn core_type(found: WasmType) -> &'static str {
    match found {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    }
}

fn zero(found: WasmType) -> String {
    format!("({}.const 0) ", core_type(found))
}

fn resolved(text: &str, world: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    resolve.push_dir(guests::root().join("wit")).unwrap();
    resolve.push_str("random.wit", RANDOM).unwrap();
    let package = resolve.push_str("caller.wit", text).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    (resolve, world)
}

fn encode(world: &str, text: &str) -> Vec<u8> {
    let (resolve, world) = repository(world);
    encode_in(&resolve, world, text)
}

/// A world of the contract.
fn repository(world: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(guests::root().join("wit")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    (resolve, world)
}

fn encode_in(resolve: &Resolve, world: WorldId, text: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}
