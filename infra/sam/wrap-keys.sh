#!/usr/bin/env bash
# Makes the three root keys of a new installation, once, wrapped by its KMS key, and prints them as parameters of `sam deploy`.
# KMS draws them and shows them to nobody: they are opened in the functions alone. Keep the output with the stack: what was sealed
# under a lost key is lost.
#   wrap-keys.sh STACK [REGION]      needs the AWS CLI and an identity that may call kms:GenerateDataKeyWithoutPlaintext
set -euo pipefail
stack=${1:?a stack}
region=${2:-}
command -v aws >/dev/null || { echo "the AWS CLI is needed" >&2; exit 3; }
aws_here() { aws ${region:+--region "$region"} "$@"; }
key=$(aws_here cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].Outputs[?OutputKey=='RootKeyId'].OutputValue" --output text)
[ -n "$key" ] && [ "$key" != None ] || { echo "the stack $stack has no output RootKeyId" >&2; exit 1; }
for pair in DataKeyTest=test DataKeyLive=live CursorKey=signing; do
  wrapped=$(aws_here kms generate-data-key-without-plaintext --key-id "$key" --key-spec AES_256 \
    --encryption-context "giberno=root-key,name=${pair#*=}" --query CiphertextBlob --output text)
  echo "${pair%%=*}=$wrapped"
done
