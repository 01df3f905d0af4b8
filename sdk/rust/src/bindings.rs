//! Bindings that `wit-bindgen` generates. Authors meet these types under the tidy names the other modules give them.
//!
//! Imports and shared types are generated once, in [`imports`], the lifecycle once, in [`lifecycle`], and each kind of
//! plugin then adds its one export: so a `Component` or a `Description` is one Rust type whatever handles it. The worlds
//! here are slices of the contract's; a plugin calls two export macros, and the union of what they describe is the
//! world of its kind. (The contract's worlds as they stand cannot be generated side by side in one crate: each would
//! define the lifecycle's export macro again.)
//!
//! With `pub_export_macro` the description of the exports travels in the export macro, so a plugin carries only what it
//! exports; of the imports, only those it calls survive in the component.
#![allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::restriction, reason = "generated code")]

/// Every interface a plugin may import, and every type that worlds share.
pub mod imports {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk@0.1.0;
            world imports {
                import chiron:core/types@0.1.0;
                import chiron:telemetry/log@0.1.0;
                import chiron:telemetry/progress@0.1.0;
                import chiron:artifact/content@0.1.0;
                import chiron:advisory/types@0.1.0;
                import chiron:advisory/db@0.1.0;
                import chiron:advisory/db@0.2.0;
                import chiron:advisory/versions@0.1.0;
                import chiron:egress/http@0.1.0;
                import chiron:keys/signing@0.1.0;
                import chiron:sbom/types@0.1.0;
                import chiron:scan/types@0.1.0;
            }
        ",
        world: "chiron:sdk/imports",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_imports",
        default_bindings_module: "chiron_sdk::bindings::imports",
        additional_derives: [PartialEq],
    });
}

/// Programs of the operator's. A slice of its own: what holds handles cannot be compared as the other types are.
pub mod tools {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk-tools@0.1.0;
            world tools { import chiron:tool/runner@0.1.0; }
        ",
        world: "chiron:sdk-tools/tools",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_tools",
        default_bindings_module: "chiron_sdk::bindings::tools",
        with: {
            "chiron:core/types@0.1.0": crate::bindings::imports::chiron::core::types,
            "chiron:artifact/content@0.1.0": crate::bindings::imports::chiron::artifact::content,
        },
    });
}

/// What every plugin exports.
pub mod lifecycle {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk-lifecycle@0.1.0;
            world lifecycle { export chiron:lifecycle/plugin@0.1.0; }
        ",
        world: "chiron:sdk-lifecycle/lifecycle",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_world",
        default_bindings_module: "chiron_sdk::bindings::lifecycle",
        additional_derives: [PartialEq],
        with: {
            "chiron:core/types@0.1.0": crate::bindings::imports::chiron::core::types,
        },
    });
}

/// What a policy exports.
pub mod policy {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk-policy@0.1.0;
            world policy { export chiron:policy/check@0.1.0; }
        ",
        world: "chiron:sdk-policy/policy",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_world",
        default_bindings_module: "chiron_sdk::bindings::policy",
        additional_derives: [PartialEq],
        with: {
            "chiron:core/types@0.1.0": crate::bindings::imports::chiron::core::types,
            "chiron:advisory/types@0.1.0": crate::bindings::imports::chiron::advisory0_1_0::types,
            "chiron:sbom/types@0.1.0": crate::bindings::imports::chiron::sbom::types,
            "chiron:scan/types@0.1.0": crate::bindings::imports::chiron::scan::types,
        },
    });
}

/// What a policy exports, as of 0.2.
pub mod policy_v0_2 {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk-policy-v2@0.2.0;
            world policy-v2 { export chiron:policy/check@0.2.0; }
        ",
        world: "chiron:sdk-policy-v2/policy-v2",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_world",
        default_bindings_module: "chiron_sdk::bindings::policy_v0_2",
        additional_derives: [PartialEq],
        with: {
            "chiron:core/types@0.1.0": crate::bindings::imports::chiron::core::types,
            "chiron:advisory/types@0.1.0": crate::bindings::imports::chiron::advisory0_1_0::types,
            "chiron:sbom/types@0.1.0": crate::bindings::imports::chiron::sbom::types,
            "chiron:scan/types@0.1.0": crate::bindings::imports::chiron::scan::types,
        },
    });
}

/// What an SBOM generator exports.
pub mod generator {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk-generator@0.1.0;
            world generator { export chiron:sbom/generator@0.1.0; }
        ",
        world: "chiron:sdk-generator/generator",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_world",
        default_bindings_module: "chiron_sdk::bindings::generator",
        with: {
            "chiron:core/types@0.1.0": crate::bindings::imports::chiron::core::types,
            "chiron:artifact/content@0.1.0": crate::bindings::imports::chiron::artifact::content,
            "chiron:sbom/types@0.1.0": crate::bindings::imports::chiron::sbom::types,
        },
    });
}

/// What a scanner exports.
pub mod scanner {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk-scanner@0.1.0;
            world scanner { export chiron:scan/scanner@0.1.0; }
        ",
        world: "chiron:sdk-scanner/scanner",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_world",
        default_bindings_module: "chiron_sdk::bindings::scanner",
        additional_derives: [PartialEq],
        with: {
            "chiron:core/types@0.1.0": crate::bindings::imports::chiron::core::types,
            "chiron:advisory/types@0.1.0": crate::bindings::imports::chiron::advisory0_1_0::types,
            "chiron:sbom/types@0.1.0": crate::bindings::imports::chiron::sbom::types,
            "chiron:scan/types@0.1.0": crate::bindings::imports::chiron::scan::types,
        },
    });
}

/// What a scanner of content exports.
pub mod content_scanner {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk-content-scanner@0.1.0;
            world content-scanner { export chiron:scan/content-scanner@0.1.0; }
        ",
        world: "chiron:sdk-content-scanner/content-scanner",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_world",
        default_bindings_module: "chiron_sdk::bindings::content_scanner",
        with: {
            "chiron:core/types@0.1.0": crate::bindings::imports::chiron::core::types,
            "chiron:advisory/types@0.1.0": crate::bindings::imports::chiron::advisory0_1_0::types,
            "chiron:artifact/content@0.1.0": crate::bindings::imports::chiron::artifact::content,
            "chiron:sbom/types@0.1.0": crate::bindings::imports::chiron::sbom::types,
            "chiron:scan/types@0.1.0": crate::bindings::imports::chiron::scan::types,
        },
    });
}

/// What a signer exports.
pub mod signer {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package chiron:sdk-signer@0.1.0;
            world signer { export chiron:sign/signer@0.1.0; }
        ",
        world: "chiron:sdk-signer/signer",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        export_macro_name: "export_world",
        default_bindings_module: "chiron_sdk::bindings::signer",
        additional_derives: [PartialEq],
        with: {
            "chiron:core/types@0.1.0": crate::bindings::imports::chiron::core::types,
        },
    });
}
