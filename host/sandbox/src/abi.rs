//! Types generated from WIT, and their conversion. Nothing in here is public outside this crate.

pub(crate) mod convert;

/// Interfaces a plugin may import, and the types they share.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::wildcard_enum_match_arm, reason = "generated from WIT")]
pub(crate) mod powers {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package chiron:host;
            world powers {
                import chiron:core/types@0.1.0;
                import chiron:advisory/types@0.1.0;
                import chiron:sbom/types@0.1.0;
                import chiron:scan/types@0.1.0;
                import chiron:telemetry/log@0.1.0;
                import chiron:telemetry/progress@0.1.0;
                import chiron:artifact/content@0.1.0;
                import chiron:advisory/db@0.1.0;
                import chiron:advisory/db@0.2.0;
                import chiron:advisory/versions@0.1.0;
                import chiron:keys/signing@0.1.0;
                import chiron:egress/http@0.1.0;
                import chiron:tool/runner@0.1.0;
            }
        ",
        imports: {
            // What waits for others is async on the host: a deadline or Ctrl-C drops it where it stands.
            "chiron:egress/http.send": async | trappable,
            "chiron:tool/runner.invoke": async | trappable,
            "chiron:keys/signing.[method]signing-key.bundle-statement": async | trappable,
            "chiron:keys/signing.[method]signing-key.bundle-subject": async | trappable,
            default: trappable,
        },
        with: {
            "chiron:artifact/content.tree": crate::capability::content::TreeHandle,
            "chiron:artifact/content.blob": crate::capability::content::BlobHandle,
            "chiron:keys/signing.signing-key": crate::capability::signing::KeyHandle,
            "chiron:tool/runner.execution": crate::capability::tools::ExecutionHandle,
        },
    });
}

macro_rules! exported {
    ($(#[$doc:meta])* $name:ident, $interface:literal, [$($shared:literal => $module:path),*]) => {
        $(#[$doc])*
        #[allow(
            missing_docs, unreachable_pub, dead_code, clippy::all, clippy::wildcard_enum_match_arm,
            reason = "generated from WIT"
        )]
        pub(crate) mod $name {
            wasmtime::component::bindgen!({
                path: "../../wit",
                inline: $interface,
                world: "chiron:host/kind",
                exports: { default: async },
                with: {
                    "chiron:core/types@0.1.0": crate::abi::powers::chiron::core::types,
                    $($shared: $module,)*
                },
            });
        }
    };
}

exported!(
    /// What every plugin exports.
    lifecycle,
    "package chiron:host; world kind { export chiron:lifecycle/plugin@0.1.0; }",
    []
);
exported!(
    /// SBOM generators.
    generator,
    "package chiron:host; world kind { import chiron:artifact/content@0.1.0; export chiron:sbom/generator@0.1.0; }",
    [
        "chiron:sbom/types@0.1.0" => crate::abi::powers::chiron::sbom::types,
        "chiron:artifact/content@0.1.0" => crate::abi::powers::chiron::artifact::content
    ]
);
exported!(
    /// Scanners.
    scanner,
    "package chiron:host; world kind { export chiron:scan/scanner@0.1.0; }",
    [
        "chiron:advisory/types@0.1.0" => crate::abi::powers::chiron::advisory0_1_0::types,
        "chiron:sbom/types@0.1.0" => crate::abi::powers::chiron::sbom::types,
        "chiron:scan/types@0.1.0" => crate::abi::powers::chiron::scan::types
    ]
);
exported!(
    /// Scanners of content. What they are shown is what generators are shown, in a type of its own.
    content_scanner,
    "package chiron:host; world kind { import chiron:artifact/content@0.1.0; export chiron:scan/content-scanner@0.1.0; }",
    [
        "chiron:advisory/types@0.1.0" => crate::abi::powers::chiron::advisory0_1_0::types,
        "chiron:sbom/types@0.1.0" => crate::abi::powers::chiron::sbom::types,
        "chiron:scan/types@0.1.0" => crate::abi::powers::chiron::scan::types,
        "chiron:artifact/content@0.1.0" => crate::abi::powers::chiron::artifact::content
    ]
);
exported!(
    /// Policies.
    policy,
    "package chiron:host; world kind { export chiron:policy/check@0.1.0; }",
    [
        "chiron:advisory/types@0.1.0" => crate::abi::powers::chiron::advisory0_1_0::types,
        "chiron:sbom/types@0.1.0" => crate::abi::powers::chiron::sbom::types,
        "chiron:scan/types@0.1.0" => crate::abi::powers::chiron::scan::types
    ]
);
exported!(
    /// Policies, as of 0.2.
    policy_v0_2,
    "package chiron:host; world kind { export chiron:policy/check@0.2.0; }",
    [
        "chiron:advisory/types@0.1.0" => crate::abi::powers::chiron::advisory0_1_0::types,
        "chiron:sbom/types@0.1.0" => crate::abi::powers::chiron::sbom::types,
        "chiron:scan/types@0.1.0" => crate::abi::powers::chiron::scan::types
    ]
);
exported!(
    /// Signers.
    signer,
    "package chiron:host; world kind { export chiron:sign/signer@0.1.0; }",
    []
);
