{
  # The shim is built on Windows only: other systems have no websocket.dll.
  "targets": [
    {
      "target_name": "websocket-protocol-component",
      "conditions": [
        ["OS!='win'", { "type": "none" }],
        ["OS=='win'", {
          # node-gyp delay-loads node.exe by default, so a renamed host such as Electron works.
          "sources": [
            "native/addon.cc",
            "native/component_library.cc",
            "native/marshal.cc",
            "native/session_handle.cc"
          ],
          # Headers only: users get the binary.
          "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
          "defines": [
            "NAPI_VERSION=8",
            "NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED",
            "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
            "NODE_ADDON_API_DISABLE_DEPRECATED",
            "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
            "_HAS_EXCEPTIONS=0"
          ],
          # 4530 and 4577: the headers of the standard library warn that exceptions are off.
          "msvs_disabled_warnings": [4530, 4577],
          "msvs_settings": {
            "VCCLCompilerTool": {
              "ExceptionHandling": "0",
              "RuntimeTypeInfo": "false",
              "WarningLevel": "4",
              "WarnAsError": "true",
              "BufferSecurityCheck": "true",
              "AdditionalOptions": ["/guard:cf", "/permissive-", "/utf-8", "/external:anglebrackets", "/external:W0"]
            },
            "VCLinkerTool": {
              "RandomizedBaseAddress": "2",
              "DataExecutionPrevention": "2",
              "AdditionalOptions": ["/guard:cf", "/WX"]
            }
          },
          "conditions": [
            ["target_arch!='ia32'", {
              "msvs_settings": { "VCLinkerTool": { "AdditionalOptions": ["/HIGHENTROPYVA"] } }
            }]
          ]
        }]
      ]
    }
  ]
}
