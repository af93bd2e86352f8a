import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AuditClient as _heliu_v1_AuditClient, AuditDefinition as _heliu_v1_AuditDefinition } from './heliu/v1/Audit.ts';
import type { CheckpointAnswer as _heliu_v1_CheckpointAnswer, CheckpointAnswer__Output as _heliu_v1_CheckpointAnswer__Output } from './heliu/v1/CheckpointAnswer.ts';
import type { CheckpointRequest as _heliu_v1_CheckpointRequest, CheckpointRequest__Output as _heliu_v1_CheckpointRequest__Output } from './heliu/v1/CheckpointRequest.ts';
import type { CosignAnswer as _heliu_v1_CosignAnswer, CosignAnswer__Output as _heliu_v1_CosignAnswer__Output } from './heliu/v1/CosignAnswer.ts';
import type { CosignRequest as _heliu_v1_CosignRequest, CosignRequest__Output as _heliu_v1_CosignRequest__Output } from './heliu/v1/CosignRequest.ts';
import type { ProofAnswer as _heliu_v1_ProofAnswer, ProofAnswer__Output as _heliu_v1_ProofAnswer__Output } from './heliu/v1/ProofAnswer.ts';
import type { ProofRequest as _heliu_v1_ProofRequest, ProofRequest__Output as _heliu_v1_ProofRequest__Output } from './heliu/v1/ProofRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  heliu: {
    v1: {
      Audit: SubtypeConstructor<typeof grpc.Client, _heliu_v1_AuditClient> & { service: _heliu_v1_AuditDefinition }
      CheckpointAnswer: MessageTypeDefinition<_heliu_v1_CheckpointAnswer, _heliu_v1_CheckpointAnswer__Output>
      CheckpointRequest: MessageTypeDefinition<_heliu_v1_CheckpointRequest, _heliu_v1_CheckpointRequest__Output>
      CosignAnswer: MessageTypeDefinition<_heliu_v1_CosignAnswer, _heliu_v1_CosignAnswer__Output>
      CosignRequest: MessageTypeDefinition<_heliu_v1_CosignRequest, _heliu_v1_CosignRequest__Output>
      ProofAnswer: MessageTypeDefinition<_heliu_v1_ProofAnswer, _heliu_v1_ProofAnswer__Output>
      ProofRequest: MessageTypeDefinition<_heliu_v1_ProofRequest, _heliu_v1_ProofRequest__Output>
    }
  }
}

